"""Traefik's configuration: every weight and percentage arrives, whatever the order, and nothing is empty."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from releasectl.sandbox.seldon.routing import configuration
from releasectl.sandbox.seldon.values import Rule, direct_rule
from tests.strategies import labels

LABELS = labels(10)
SERVICES = st.builds("{}/{}".format, LABELS, LABELS)
WEIGHTS = st.lists(
    st.tuples(SERVICES, st.integers(0, 100)), min_size=1, max_size=4, unique_by=lambda pair: pair[0]
)
RULES = st.lists(
    st.builds(
        Rule,
        st.builds("/seldon/{}/{}".format, LABELS, LABELS),
        WEIGHTS.map(tuple),
        st.lists(st.tuples(SERVICES, st.integers(1, 100)), max_size=1).map(tuple),
    ),
    max_size=4,
    unique_by=lambda rule: rule.prefix,
)


@given(rules=RULES, seed=st.integers())
def test_the_order_of_rules_and_endpoints_does_not_matter(rules: list[Rule], seed: int) -> None:
    endpoints = {
        service: [f"http://{i}", "http://x"] for rule in rules for i, (service, _) in enumerate(rule.targets)
    }
    shuffled, turned = rules.copy(), {name: urls[::-1] for name, urls in endpoints.items()}
    random.Random(seed).shuffle(shuffled)
    assert configuration(rules, endpoints, 7) == configuration(shuffled, turned, 7)


@given(rules=RULES)
def test_every_weight_and_percentage_arrives(rules: list[Rule]) -> None:
    http = configuration(rules, {}, 1)["http"]
    assert len(http["routers"]) == len(rules) + 1
    for rule in rules:
        (router,) = (
            each for each in http["routers"].values() if each["rule"] == f"PathPrefix(`{rule.prefix}/`)"
        )
        service = http["services"][router["service"]]
        if rule.mirrors:
            mirroring = service["mirroring"]
            assert [each["percent"] for each in mirroring["mirrors"]] == [
                percent for _, percent in rule.mirrors
            ]
            service = http["services"][mirroring["service"]]
        weights = [each["weight"] for each in service["weighted"]["services"]]
        assert weights == [weight for _, weight in rule.targets if weight]


@given(rules=RULES)
def test_every_name_is_defined_and_no_mapping_is_empty(rules: list[Rule]) -> None:
    http = configuration([*rules, direct_rule("ns/model", "0" * 64)], {"ns/model": ["http://a"]}, 1)["http"]
    defined = {"ping@internal", *http["services"]}

    def named(service: dict[str, Any]) -> set[str]:
        found = {each["name"] for each in service.get("weighted", {}).get("services", ())}
        mirroring = service.get("mirroring", {"service": "ping@internal", "mirrors": []})
        return found | {mirroring["service"]} | {each["name"] for each in mirroring["mirrors"]}

    for service in http["services"].values():
        assert named(service) <= defined
    for router in http["routers"].values():
        assert router["service"] in defined
        assert set(router.get("middlewares", ())) <= http["middlewares"].keys()


def test_with_nothing_to_route_only_the_marker_answers() -> None:
    http = configuration((), {}, 3)["http"]
    assert list(http["routers"]) == ["live"]
    assert http["routers"]["live"]["rule"] == "Path(`/.sandbox/routing/3`)"
    assert "services" not in http
