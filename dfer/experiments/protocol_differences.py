"""What two protocols differ by: in words, so that one of them can be chosen."""

from collections.abc import Mapping
from typing import Any

from description_store.hashing import VARIES, spelled_out
from description_store.records import Run


def protocol_differences(run: Run, other: Run) -> str:
    """ "recipe coop, settings.epochs 2": what `other` has where `run` has something else."""
    one, two = _flat(spelled_out(run.specification)), _flat(spelled_out(other.specification))
    if run.recipe != other.recipe:  # most of their settings have nothing to do with each other
        two = {n: v for n, v in two.items() if n == "settings.epochs" or not n.startswith("settings.")}
    return ", ".join(
        f"{name.removeprefix('settings.')} {value}" for name, value in two.items() if one.get(name) != value
    )


def _flat(specification: Mapping[str, Any]) -> dict[str, Any]:
    """One level deep: "clip.architecture"."""
    flat: dict[str, Any] = {}
    for name, value in specification.items():
        if name in VARIES:
            continue
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat
