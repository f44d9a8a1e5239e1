"""Two feature schemas side by side: may one model get the requests that were made for the other?"""

from __future__ import annotations

from collections.abc import Iterator

from releasectl.letters import few
from releasectl.model import Json

SHOWN = 5  # categories named one by one; a list of countries helps nobody


def differences(model: Json, candidate: Json) -> tuple[str, ...]:
    """Why not, in words; nothing if both read the same columns in the same order and mean the same by them.

    A column holds the index of a category among all of them, so even one more category shifts the others.
    """
    old = {feature["name"]: feature for feature in model["features"]}
    new = {feature["name"]: feature for feature in candidate["features"]}
    found = [f"`{name}` is read by the model only" for name in old if name not in new]
    found += [f"`{name}` is read by the candidate only" for name in new if name not in old]
    for name in old:
        if name in new:
            found += _of_one(old[name], new[name])
    if not found and list(old) != list(new):
        found.append(f"the columns come in another order: {', '.join(old)}, and {', '.join(new)}")
    return (*found, *_label(model["label"], candidate["label"]))


def _of_one(old: Json, new: Json) -> Iterator[str]:
    if old["type"] != new["type"]:
        yield f"`{old['name']}` is {old['type']} for the model and {new['type']} for the candidate"
        return
    before, after = old.get("categories", []), new.get("categories", [])
    if before != after:
        only = [("model", [each for each in before if each not in after])]
        only.append(("candidate", [each for each in after if each not in before]))
        told = [f"{_listed(names)} known to the {who} only" for who, names in only if names]
        yield f"`{old['name']}` has other categories: {', '.join(told) or 'in another order'}"


def _label(old: Json, new: Json) -> Iterator[str]:
    if old["name"] != new["name"]:
        yield f"the label is `{old['name']}` for the model and `{new['name']}` for the candidate"
    if old["classes"] != new["classes"]:
        yield f"the classes are {_listed(old['classes'])} and {_listed(new['classes'])}"


def _listed(names: list[str]) -> str:
    return few([f"`{name}`" for name in names], SHOWN)
