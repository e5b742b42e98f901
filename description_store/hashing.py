"""Content addresses. The rules are a contract (docs/file-formats.md): a change of rule is a change of tag."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces, real characters and no NaN: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def tagged_hash(tag: str, value: Any) -> str:
    """`tag:sha256` of the value's canonical JSON, or of its own bytes if it is a string.

    Lone surrogates, which no UTF-8 text can hold, are hashed as Python escapes them rather than refused.
    """
    text = value if isinstance(value, str) else canonical_json(value)
    return f"{tag}:{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()}"


def class_set_hash(classes: Iterable[Mapping[str, Any]]) -> str:
    """Identity of names, display names, components and their order (not of the class set's own name)."""
    return tagged_hash("cs1", [[c["name"], c["display"], list(c["components"])] for c in classes])


def prompt_hash(text: str) -> str:
    """Identity of a prompt: the whole text of its template."""
    return tagged_hash("pt1", text)


def answer_key(identity: Mapping[str, Any]) -> str:
    """The cache key of what was asked (docs/cache-key.md). Raises KeyError without its `key_version`."""
    return tagged_hash(f"dk{identity['key_version']}", identity)


# What may differ between the runs of one table: the words, and what runs are paired by.
VARIES = {"set", "set_hash", "texts", "combine", "fold", "seed", "weights"}


def run_hash(specification: Mapping[str, Any]) -> str:
    """Identity of a run: all of its specification but the set's number, which only one store knows.

    The combination "joined", clips read by the first reader, from folders and without any choice, settings
    that recipes got later at what was the rule before: they are no part of it. Earlier runs stay what they
    were.
    """
    return tagged_hash("rs1", _chosen(specification, ignored={"set"}))


def protocol_hash(specification: Mapping[str, Any]) -> str:
    """Equal for runs that may stand in one table: all but words, fold and seed is the same."""
    return tagged_hash("rp1", _chosen(specification, ignored=VARIES))


_LATER_FIELDS: dict[str, Any] = {
    "combine": "joined",
    "clip_settings": {},
    "pack": None,
    "clip_reader": 1,
    "trained_on": None,
}
"""What a specification says since it says it, and what earlier runs did; None is the same."""

_LATER_SETTINGS: dict[str, Any] = {
    "optimizer": "sgd",
    "schedule": "multistep",
    "warmup_epochs": 0,
    "warmup_learning_rate": 1e-5,
    "label_smoothing": 0.0,
    "class_weights": "none",
    "soft_labels": False,
    "patience": None,
    "frame_ensemble": "mean",
    "templates": ["{}"],
}
"""Settings that came after the first runs, and what those did without them."""


def spelled_out(specification: Mapping[str, Any]) -> dict[str, Any]:
    """The same specification with what an earlier run leaves unsaid, so that two can be compared."""
    unsaid = {name for name in _LATER_FIELDS if specification.get(name) is None}
    said = {name: value for name, value in specification.items() if name not in unsaid}
    return _LATER_FIELDS | said | {"settings": _LATER_SETTINGS | said.get("settings", {})}


def _chosen(specification: Mapping[str, Any], *, ignored: set[str]) -> dict[str, Any]:
    defaults = {name for name, rule in _LATER_FIELDS.items() if specification.get(name, rule) in (rule, None)}
    chosen = {name: value for name, value in specification.items() if name not in ignored | defaults}
    if "settings" in chosen:
        said = chosen["settings"].items()
        chosen["settings"] = {name: value for name, value in said if not _as_before(name, value)}
    return chosen


def _as_before(setting: str, value: Any) -> bool:
    return setting in _LATER_SETTINGS and bool(_LATER_SETTINGS[setting] == value)
