"""Projects and repositories."""

from __future__ import annotations

from releasectl.sandbox.pachd.errors import PachError, exists, not_found
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, META, NAME, SPEC, USER, Repo, repo_of
from releasectl.sandbox.pachd.store.db import Conn
from releasectl.sandbox.pachd.txn import Txn

MAX_PROJECT = 51


def check_name(kind: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise PachError(
            f"{kind} name ({name}) invalid: only alphanumeric characters, underscores, and dashes are allowed"
        )


def find(conn: Conn, project: str, name: str, type_: str = USER) -> Repo | None:
    row = conn.execute(
        "SELECT * FROM repo WHERE project = ? AND name = ? AND type = ?",
        (project or DEFAULT_PROJECT, name, type_ or USER),
    ).fetchone()
    return repo_of(row) if row else None


def get(conn: Conn, project: str, name: str, type_: str = USER) -> Repo:
    if not name:
        raise PachError("repo cannot be empty")
    if repo := find(conn, project, name, type_):
        return repo
    missing = Repo(0, project or DEFAULT_PROJECT, name, type_ or USER, "", 0)
    raise not_found(f"repo {missing} not found")


def by_row(conn: Conn, row: int) -> Repo:
    return repo_of(conn.execute("SELECT * FROM repo WHERE row = ?", (row,)).fetchone())


def all_of(conn: Conn, type_: str = "", projects: tuple[str, ...] = ()) -> list[Repo]:
    """Newest first, as pachd lists them; an empty type means every type."""
    rows = conn.execute("SELECT * FROM repo WHERE ? IN ('', type) ORDER BY row DESC", (type_,))
    return [repo_of(row) for row in rows if not projects or row["project"] in projects]


def create(txn: Txn, project: str, name: str, type_: str, description: str, *, update: bool = False) -> Repo:
    project, type_ = project or DEFAULT_PROJECT, type_ or USER
    check_name("repo", name)
    get_project(txn.conn, project)
    if old := find(txn.conn, project, name, type_):
        if not update:
            raise exists(f"repo {old} already exists")
        txn.conn.execute("UPDATE repo SET description = ? WHERE row = ?", (description, old.row))
        return by_row(txn.conn, old.row)
    if type_ != USER:
        get(txn.conn, project, name)
    txn.conn.execute(
        "INSERT INTO repo (project, name, type, description, created) VALUES (?, ?, ?, ?, ?)",
        (project, name, type_, description, txn.now),
    )
    return get(txn.conn, project, name, type_)


def delete(txn: Txn, project: str, name: str, type_: str, *, force: bool) -> None:
    """Absence is success. System repositories go with their user repository."""
    repo = find(txn.conn, project, name, type_)
    if repo is None:
        return
    if repo.type == USER:
        _refuse_pipeline(txn.conn, repo)
    family = (
        [repo]
        if repo.type != USER
        else [r for t in (USER, META, SPEC) if (r := find(txn.conn, project, name, t))]
    )
    for member in family:
        if not force:
            _refuse_subvenance(txn.conn, member, family)
    for member in reversed(family):
        txn.conn.execute("UPDATE branch SET head = NULL WHERE repo = ?", (member.row,))
        txn.conn.execute("UPDATE commits SET parent = NULL WHERE repo = ?", (member.row,))
        txn.conn.execute("DELETE FROM repo WHERE row = ?", (member.row,))


def _refuse_pipeline(conn: Conn, repo: Repo) -> None:
    used = conn.execute("SELECT 1 FROM pipeline WHERE project = ? AND name = ?", (repo.project, repo.name))
    if used.fetchone():
        raise PachError(
            f"cannot delete a repo associated with a pipeline - delete the pipeline instead ({repo})"
        )


def _refuse_subvenance(conn: Conn, repo: Repo, family: list[Repo]) -> None:
    rows = conn.execute(
        "SELECT u.name AS name, d.name AS below, d.repo AS repo FROM branch u"
        " JOIN branch_provenance p ON p.upstream = u.row JOIN branch d ON d.row = p.branch WHERE u.repo = ?",
        (repo.row,),
    )
    for row in rows:
        if row["repo"] not in {member.row for member in family}:
            below = f"{by_row(conn, row['repo'])}@{row['below']}"
            raise PachError(
                f"error deleting repo {repo}: branch {row['name']} has [{below}] as subvenance,"
                " deleting it would break those branches"
            )


def get_project(conn: Conn, name: str) -> tuple[str, str, int]:
    """Name, description and moment of creation."""
    row = conn.execute("SELECT * FROM project WHERE name = ?", (name or DEFAULT_PROJECT,)).fetchone()
    if row is None:
        raise not_found(f"project {name!r} not found")
    return row["name"], row["description"], row["created"]


def all_projects(conn: Conn) -> list[tuple[str, str, int]]:
    rows = conn.execute("SELECT * FROM project ORDER BY created, name")
    return [(row["name"], row["description"], row["created"]) for row in rows]


def create_project(txn: Txn, name: str, description: str, *, update: bool) -> None:
    check_name("project", name)
    if len(name) > MAX_PROJECT:
        raise PachError(f"project name {name!r} is {len(name)} characters, longer than the {MAX_PROJECT} max")
    if txn.conn.execute("SELECT 1 FROM project WHERE name = ?", (name,)).fetchone():
        if not update:
            raise exists(f"project {name!r} already exists")
        txn.conn.execute("UPDATE project SET description = ? WHERE name = ?", (description, name))
        return
    txn.conn.execute("INSERT INTO project VALUES (?, ?, ?)", (name, description, txn.now))


def delete_project(txn: Txn, name: str, *, force: bool) -> None:
    get_project(txn.conn, name)
    repos = all_of(txn.conn, USER, (name,))
    if repos and not force:
        raise PachError(
            f"cannot delete project {name!r}: it still has the repos {', '.join(r.name for r in repos)}"
        )
    for repo in repos:
        delete(txn, repo.project, repo.name, USER, force=True)
    if name != DEFAULT_PROJECT:
        txn.conn.execute("DELETE FROM project WHERE name = ?", (name,))
