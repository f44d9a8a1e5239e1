from __future__ import annotations

import subprocess
import sys

import pytest


def python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_adapter_imports_what_it_calls_alone() -> None:
    python("""
import sys
from releasectl.platforms import pachyderm, seldon_deploy
from seldon_deploy_sdk.api.seldon_deployments_api import SeldonDeploymentsApi
assert not {"python_pachyderm.client", "seldon_deploy_sdk.models.affinity"} & sys.modules.keys()
""")


def test_specs_are_judged_without_the_client_and_sent_with_it() -> None:
    python("""
import sys
from generators.specs import faults
assert len(list(faults([{"pipeline": {"name": "a"}, "unknown": 1}]))) == 1
assert not {"grpc", "python_pachyderm.client"} & sys.modules.keys()
import python_pachyderm
from python_pachyderm.proto.v2.pps import pps_pb2, pps_pb2_grpc
assert python_pachyderm.Client and pps_pb2_grpc.APIStub
spec = python_pachyderm.parse_dict_pipeline_spec({"pipeline": {"name": "a"}})
assert type(spec) is pps_pb2.CreatePipelineRequest
""")


@pytest.mark.parametrize(
    "use",
    [
        "from python_pachyderm import Client",
        "import python_pachyderm; python_pachyderm.Client",
        "from python_pachyderm.service import pps_proto; pps_proto.CreatePipelineRequest",
        "from seldon_deploy_sdk import ApiClient, models; models.Affinity",
        "import seldon_deploy_sdk as sdk; sdk.models.Affinity; sdk.SeldonDeploymentsApi",
        "from seldon_deploy_sdk.models import Affinity",
    ],
)
def test_who_asks_for_the_whole_gets_it(use: str) -> None:
    python(f"import releasectl.platforms\n{use}")


def test_a_package_that_is_not_there() -> None:
    python("""
from releasectl.lean import lean
try:
    lean("no_such_package")
except ModuleNotFoundError as error:
    assert error.name == "no_such_package"
else:
    raise AssertionError
""")
