"""What Seldon's CRD demands and the SDK's models do not say, keyed by the SDK's model names."""

from __future__ import annotations

from collections.abc import Mapping

ROOT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "SeldonDeployment": {
        "apiVersion": tuple(f"machinelearning.seldon.io/{v}" for v in ("v1", "v1alpha2", "v1alpha3")),
        "kind": ("SeldonDeployment",),
    }
}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "SeldonDeployment": ("apiVersion", "kind", "metadata", "spec"),
    "SeldonDeploymentSpec": ("predictors",),
    "PredictorSpec": ("name", "graph"),
    "PredictiveUnit": ("name",),
    "Parameter": ("name", "type", "value"),
    "SeldonHpaSpec": ("maxReplicas",),
    "SeldonScaledObjectSpec": ("triggers",),
    "ScaleTriggers": ("type", "metadata"),
    "PodSpec": ("containers",),
    "Container": ("name",),
    "EnvVar": ("name",),
    "ContainerPort": ("containerPort",),
    "VolumeMount": ("name", "mountPath"),
    "VolumeDevice": ("name", "devicePath"),
    "Volume": ("name",),
    "KeyToPath": ("key", "path"),
    "SecretKeySelector": ("key",),
    "ConfigMapKeySelector": ("key",),
    "ObjectFieldSelector": ("fieldPath",),
    "ResourceFieldSelector": ("resource",),
    "HostPathVolumeSource": ("path",),
    "PersistentVolumeClaimVolumeSource": ("claimName",),
    "HTTPGetAction": ("port",),
    "HTTPHeader": ("name", "value"),
    "TCPSocketAction": ("port",),
    "GRPCAction": ("port",),
    "TopologySpreadConstraint": ("maxSkew", "topologyKey", "whenUnsatisfiable"),
    "PodAffinityTerm": ("topologyKey",),
    "WeightedPodAffinityTerm": ("podAffinityTerm", "weight"),
    "PreferredSchedulingTerm": ("preference", "weight"),
    "NodeSelector": ("nodeSelectorTerms",),
    "NodeSelectorRequirement": ("key", "operator"),
    "LabelSelectorRequirement": ("key", "operator"),
    "DetectorConfigData": ("name", "config"),
    "DetectorConfiguration": ("basic",),
    "BasicDetectorConfiguration": ("storage_uri",),
}

# Kubernetes 1.25 and later added these to pods; the SDK has them, Seldon Core 1.18's CRD does not.
NEWER_THAN_CRD: Mapping[str, tuple[str, ...]] = {
    "PodSpec": ("hostUsers", "resourceClaims", "schedulingGates"),
    "Container": ("resizePolicy", "restartPolicy"),
    "ResourceRequirements": ("claims",),
}

MAX_CHILDREN = 10  # the CRD unrolls the recursion of `children` so many times

# The SDK leaves these models empty though they are no enums: what to expect instead of a text.
OPAQUE: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "Conditions": ("a list", (list,)),
    "FieldsV1": ("a mapping", (dict,)),
    "IntOrString": ("an integer or text", (int, str)),
    "Quantity": ("a quantity (an integer or text)", (int, str)),
    "ResourceList": ("a mapping", (dict,)),
}
_NUMBER = r"(\d+(\.\d*)?|\.\d+)"
QUANTITY = rf"[+-]?{_NUMBER}([KMGTPE]i|[numkMGTPE]|[eE][+-]?{_NUMBER})?"
