-- Times are nanoseconds since the epoch, UTC. A commit's content is the root of a tree of nodes (see trees.py).
CREATE TABLE cluster (id TEXT PRIMARY KEY);

CREATE TABLE project (name TEXT PRIMARY KEY, description TEXT NOT NULL, created INTEGER NOT NULL);

CREATE TABLE repo (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL REFERENCES project,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    description TEXT NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (project, name, type)
);

CREATE TABLE branch (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE,
    name TEXT NOT NULL,
    head INTEGER REFERENCES commits,  -- NULL only inside a transaction
    trigger BLOB,                     -- a serialised pfs_v2.Trigger
    UNIQUE (repo, name)
);
CREATE INDEX branch_head ON branch (head);

CREATE TABLE branch_provenance (  -- direct provenance only
    branch INTEGER NOT NULL REFERENCES branch ON DELETE CASCADE,
    upstream INTEGER NOT NULL REFERENCES branch ON DELETE CASCADE,
    PRIMARY KEY (branch, upstream)
) WITHOUT ROWID;
CREATE INDEX branch_subvenance ON branch_provenance (upstream);

CREATE TABLE commits (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE,
    id TEXT NOT NULL,
    branch TEXT NOT NULL,  -- where it was made
    origin INTEGER NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    parent INTEGER REFERENCES commits,
    started INTEGER NOT NULL,
    finishing INTEGER,
    finished INTEGER,
    error TEXT NOT NULL DEFAULT '',
    tree TEXT,             -- NULL: nothing was written, the content is the parent's
    UNIQUE (repo, id)
);
CREATE INDEX commits_id ON commits (id);
CREATE INDEX commits_parent ON commits (parent);
CREATE INDEX commits_finishing ON commits (row) WHERE finishing IS NOT NULL AND finished IS NULL;

CREATE TABLE commit_provenance (  -- direct provenance only
    commit_row INTEGER NOT NULL REFERENCES commits ON DELETE CASCADE,
    upstream INTEGER NOT NULL REFERENCES commits ON DELETE CASCADE,
    PRIMARY KEY (commit_row, upstream)
) WITHOUT ROWID;
CREATE INDEX commit_subvenance ON commit_provenance (upstream);

CREATE TABLE node (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blob (hash TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;  -- small ones; the others are files

CREATE TABLE txn (
    id TEXT PRIMARY KEY,
    started INTEGER NOT NULL,
    requests BLOB NOT NULL  -- a serialised transaction_v2.TransactionInfo: requests and their responses
);

CREATE TABLE secret (name TEXT PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL, created INTEGER NOT NULL);

CREATE TABLE pipeline (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    stopped INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    output_branch TEXT NOT NULL,  -- of the current version
    PRIMARY KEY (project, name)
);

CREATE TABLE pipeline_version (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    spec_commit INTEGER NOT NULL REFERENCES commits,
    spec BLOB NOT NULL,  -- the normalised pps_v2.CreatePipelineRequest
    created INTEGER NOT NULL,
    PRIMARY KEY (project, name, version),
    FOREIGN KEY (project, name) REFERENCES pipeline ON DELETE CASCADE
);

CREATE TABLE job (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    output INTEGER NOT NULL REFERENCES commits ON DELETE CASCADE,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    restarts INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    started INTEGER,
    finished INTEGER,
    total INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project, pipeline, id),
    FOREIGN KEY (project, pipeline) REFERENCES pipeline ON DELETE CASCADE
);
CREATE INDEX job_output ON job (output);
CREATE INDEX job_state ON job (state);

CREATE TABLE datum (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    inputs TEXT NOT NULL,  -- JSON, see inputs.py
    state INTEGER NOT NULL,
    tree TEXT,
    restarts INTEGER NOT NULL DEFAULT 0,
    download_ns INTEGER NOT NULL DEFAULT 0,
    process_ns INTEGER NOT NULL DEFAULT 0,
    upload_ns INTEGER NOT NULL DEFAULT 0,
    download_bytes INTEGER NOT NULL DEFAULT 0,
    upload_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, id)
) WITHOUT ROWID;

CREATE TABLE worker (  -- processes that run now; what is left here after a crash is killed
    pid INTEGER PRIMARY KEY,
    started REAL NOT NULL,
    job TEXT NOT NULL
);

CREATE TABLE log (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    project TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    job TEXT NOT NULL,
    datum TEXT NOT NULL,
    worker TEXT NOT NULL,
    is_master INTEGER NOT NULL,
    is_user INTEGER NOT NULL,
    inputs TEXT NOT NULL,  -- JSON list of [path, hash]
    message TEXT NOT NULL
);
CREATE INDEX log_pipeline ON log (project, pipeline, job, row);
