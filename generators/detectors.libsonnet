// The detectors that a release may ask for, and the DetectorConfigData that Seldon Deploy starts each with.
local kinds = {
  drift: {
    description: 'Tells when the data of a batch of requests no longer look like the training data',
    folder: 'drift',
    eventType: 'io.seldon.serving.inference.drift',
    basic(settings): { drift_batch_size: std.toString(settings.drift_batch_size) },
  },
  outlier: {
    description: 'Tells which single requests look like nothing in the training data',
    folder: 'outlier',
    eventType: 'io.seldon.serving.inference.outlier',
    basic(settings): {},
  },
};

local defaults = {
  release:: error 'must provide release',
  bucket:: error 'must provide bucket',
  serving:: error 'must provide serving',
};

local detector(config, kind) =
  local name = config.release.name + '-' + kind;
  {
    kind: kind,
    name: name,
    body: {
      name: name,
      config: {
        basic: kinds[kind].basic(config.serving.detectors) {
          storage_uri: config.bucket + '/' + kinds[kind].folder,
          env_secret_ref: config.serving.secret,
        },
        deployment: {
          model_name: name,
          protocol: 'kfserving.http',  // the detectors' word for the Open Inference Protocol
          http_port: '8080',
          event_type: kinds[kind].eventType,
          // Seldon's log index is named after what follows "io.seldon.serving."
          event_source: 'io.seldon.serving.' + name,
          reply_url: config.serving.detectors.reply_url,
          memory_requirement: config.serving.detectors.memory,
          prom_scraping: true,
        },
      },
    },
  };

{
  kinds:: {
    [kind]: { description: kinds[kind].description, folder: kinds[kind].folder }
    for kind in std.objectFields(kinds)
  },
  configurations(params)::
    local config = defaults + params;
    [detector(config, kind) for kind in config.release.detectors],
}
