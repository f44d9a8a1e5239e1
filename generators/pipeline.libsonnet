// Pachyderm 2.7 pipeline specs, one function per kind of pipeline. What has no default is an error until given.
// Durations are texts such as '300s' and cpu is a number: other forms do not parse in Python.
local defaults = {
  name: error 'must provide name',
  description: error 'must provide description for ' + self.name,
  image: error 'must provide image for ' + self.name,
  inputs: error 'must provide inputs for ' + self.name + ": { repo: 'branch' }",
  model: error 'must provide model for ' + self.name + ': the family of pipelines it belongs to',
  owner: error 'must provide owner for ' + self.name,
  requests: { cpu: 1, memory: '1Gi', disk: '1Gi' },
  limits: { cpu: 2, memory: '2Gi' },
  datumTimeout: '300s',
  jobTimeout: '600s',
  datumTries: 1,  // a trainer is deterministic: what fails on its data fails again
  reprocess: 'until_success',
};

// Whole repositories, one datum: pachd keeps the members sorted by name, so we write them so.
local input(inputs, extra={}) =
  local members = [
    { pfs: { name: repo, repo: repo, branch: inputs[repo], glob: '/' } + extra }
    for repo in std.objectFields(inputs)
  ];
  if std.length(members) == 1 then members[0] else { cross: members };

// Without the empty ones at the end. std.rstripChars takes longer than all the rest of a DAG.
local lines(text) =
  local trimmed(parts) =
    local last = std.length(parts) - 1;
    if last > 0 && parts[last] == '' then trimmed(parts[:last]) else parts;
  trimmed(std.split(text, '\n'));

local spec(config) = {
  pipeline: { name: config.name },
  description: config.description,
  metadata: {
    labels: {
      'app.kubernetes.io/managed-by': 'releasectl',
      'app.kubernetes.io/part-of': config.model,
    },
    annotations: { owner: config.owner },
  },
  parallelism_spec: { constant: 1 },
  resource_requests: config.requests,
  resource_limits: config.limits,
  datum_timeout: config.datumTimeout,
  job_timeout: config.jobTimeout,
  datum_tries: config.datumTries,
  reprocess_spec: config.reprocess,
};

{
  // Runs `python -m module arguments...` with the inputs under /pfs; `stdin` is a text that the module reads.
  trainer(params)::
    local config = defaults {
      module: error 'must provide module for ' + self.name,
      arguments: error 'must provide arguments for ' + self.name,
      stdin: null,
    } + params;
    spec(config) {
      transform: {
        image: config.image,
        cmd: ['python', '-m', config.module] + config.arguments,
        [if config.stdin != null then 'stdin']: lines(config.stdin),
      },
      input: input(config.inputs),
    },

  // Puts files and folders of its inputs where `links` says, { 'path in the output': 'input/path' }. With
  // empty_files the worker downloads nothing and a link becomes a copy of the original inside Pachyderm.
  gather(params)::
    local config = defaults {
      links: error 'must provide links for ' + self.name + ": { 'path': 'input/path' }",
      requests: { cpu: 0.25, memory: '64Mi', disk: '1Gi' },
      limits: { cpu: 1, memory: '128Mi' },
      datumTries: 3,
    } + params;
    local folder(path) = std.join('/', std.split(path, '/')[:std.length(std.split(path, '/')) - 1]);
    local folders = std.set([folder(path) for path in std.objectFields(config.links)]);
    local dangling = [
      "'%s': '%s'" % [path, config.links[path]]
      for path in std.objectFields(config.links)
      if !std.objectHas(config.inputs, std.split(config.links[path], '/')[0])
    ];
    assert dangling == [] : 'links of %s lead to no input of it: %s; its inputs are %s' % [
      config.name,
      std.join(', ', dangling),
      std.join(', ', std.objectFields(config.inputs)),
    ];
    spec(config) {
      transform: {
        image: config.image,
        cmd: ['sh'],
        stdin: ['set -eu']
               + ['mkdir -p /pfs/out/' + each for each in folders]
               + [
                 'ln -s /pfs/%s /pfs/out/%s' % [config.links[path], path]
                 for path in std.objectFields(config.links)
               ],
      },
      input: input(config.inputs, { empty_files: true }),
    },
}
