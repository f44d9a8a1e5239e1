"""policy.yaml of an environment: how strict each rule is there, and with which parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from releasectl import rulebook
from releasectl.errors import Problem
from releasectl.model import Environment, Json, Source
from releasectl.policy import Described, Judge, Looser, Parameter, Rule, RuleModule, Strictness
from releasectl.rulebook import book, rules
from releasectl.schema import did_you_mean


@dataclass(frozen=True, slots=True, eq=False)
class Enforced:
    """A rule as one environment has it: what it asks of a case, of a model, or of both."""

    rule: Rule
    of_case: Judge | None
    of_model: Judge | None
    strictness: Strictness
    parameters: Mapping[str, Json]
    waivable: bool


def enforced(environment: Environment) -> tuple[Enforced, ...]:
    """Every rule: what policy.yaml says, else what the rule itself proposes."""
    return tuple(_enforced(module, environment) for module in rules().values())


def enforced_one(environment: Environment, rule: str) -> Enforced:
    """One rule as an environment has it."""
    return _enforced(rules()[rule], environment)


def described(environments: Iterable[Environment]) -> tuple[Described, ...]:
    """Every rule as reports tell of it, with the environments in which it is off."""
    plans = {
        environment.name: {each.rule.id: each.strictness for each in enforced(environment)}
        for environment in environments
    }
    return tuple(
        replace(
            rulebook.described(rule),
            off=tuple(name for name, plan in plans.items() if plan[rule] is Strictness.OFF),
        )
        for rule in rules()
    )


def strictness(environment: Environment, rule: str) -> Strictness:
    """What the environment makes of a rule's findings."""
    return enforced_one(environment, rule).strictness


def parameters(environment: Environment, rule: str) -> Mapping[str, Json]:
    """All parameters of a rule, as the environment sets them."""
    return enforced_one(environment, rule).parameters


def _enforced(module: RuleModule, environment: Environment) -> Enforced:
    rule, chosen = module.RULE, _chosen(environment.policy, module.RULE.id)
    defaults = {parameter.name: parameter.default for parameter in rule.parameters}
    return Enforced(
        rule,
        getattr(module, "judge", None),
        getattr(module, "judge_model", None),
        Strictness(chosen.get("strictness", rule.default)),
        {**defaults, **chosen.get("parameters", {})},
        rule.waivable_in(environment.name) and bool(chosen.get("waivable", True)),
    )


def _chosen(policy: Source | None, rule: str) -> Mapping[str, Json]:
    """The entry of a rule in its long form."""
    entry = policy.data["rules"].get(rule, {}) if policy else {}
    return {"strictness": entry} if isinstance(entry, str) else entry


def wrong_policies(environments: Mapping[str, Environment]) -> Iterator[Problem]:
    """What no schema can say of a policy.yaml: unknown rules and parameters, values out of range.

    While a module cannot be loaded, an unknown id may be its own: then the module is the fault to tell.
    """
    for environment in environments.values():
        policy = environment.policy
        for identifier in policy.data["rules"] if policy else ():
            assert policy is not None
            if identifier in rules():
                yield from wrong_entry(rules()[identifier].RULE, policy, environment.name)
            elif not book().faults:
                place = policy.place(f"/rules/{identifier}#")
                yield Problem(
                    str(place), f"there is no rule `{identifier}`", did_you_mean(identifier, rules())
                )


def wrong_entry(rule: Rule, policy: Source, environment: str) -> Iterator[Problem]:
    """What is wrong with what a policy.yaml says of one rule."""
    entry, base = _chosen(policy, rule.id), f"/rules/{rule.id}"
    if rule.fixed and entry["strictness"] != rule.default:
        what = f"`{rule.id}: {entry['strictness']}`: no environment can change how strict this rule is"
        yield Problem(str(policy.place(base)), what, f"write {rule.default}, or leave the line out")
    if entry.get("waivable") and not rule.waivable_in(environment):
        what = f"`waivable: true` of {rule.id}: no waiver of this rule holds here, whatever policy.yaml says"
        yield Problem(str(policy.place(f"{base}/waivable")), what, "leave the line out, or write false")
    known = {parameter.name: parameter for parameter in rule.parameters}
    for name, value in entry.get("parameters", {}).items():
        pointer = f"{base}/parameters/{name}"
        if name not in known:
            what = f"{rule.id} has no parameter `{name}`"
            remedy = did_you_mean(name, known) if known else "remove it: this rule takes none"
            yield Problem(str(policy.place(f"{pointer}#")), what, remedy)
        elif wanted := wrong_value(known[name], value):
            what = f"`{name}` of {rule.id} is {value!r}"
            yield Problem(str(policy.place(pointer)), what, f"write {wanted} ({known[name].about})")


def loosened(parameter: Parameter, before: Json, after: Json) -> bool:
    """Whether another value lets more pass."""
    up = parameter.looser is Looser.UP
    if isinstance(parameter.default, tuple):
        lost, added = set(before) - set(after), set(after) - set(before)
        return bool(added if up else lost)
    if before is None or after is None:
        return bool(before != after)
    return bool(after > before if up else after < before)


def wrong_value(parameter: Parameter, value: Json) -> str | None:
    """What should stand there instead, or None if the value is one that the parameter takes."""
    default = parameter.default
    if isinstance(default, tuple):
        is_list = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
        known = is_list and (not parameter.choices or {*value} <= {*parameter.choices})
        choices = f" of {', '.join(parameter.choices)}" if parameter.choices else " words"
        return None if known else f"a list of one or more{choices}"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if value is None:
        return "a number" if default is not None else None
    kinds = (int, float) if isinstance(default, float) else (int,)
    noun = "a number" if isinstance(default, float) else "a whole number"
    low, high = parameter.least, parameter.most
    fits = isinstance(value, kinds) and not isinstance(value, bool)
    if fits and (low is None or value >= low) and (high is None or value <= high):
        return None
    bounds = [f"from {low:g}" if low is not None else "", f"to {high:g}" if high is not None else ""]
    return " ".join([noun, *filter(None, bounds)])
