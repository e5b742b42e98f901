"""Where sets and runs come from, as rows of a table: what it is, and what it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from description_store.hashing import canonical_json
from description_store.records import DescriptionSet, Rendering, Run
from dfer.describe.descriptor_origins import author_of
from dfer.experiments.comparison import is_trained
from dfer.experiments.published_results import departures

Facts = tuple[tuple[str, str], ...]


def origin_of_set(found: DescriptionSet, names: Mapping[str, str]) -> Facts:
    """`names` of the sets that a hash may stand for. What is not known is left out."""
    one = found.provenance
    told = {
        "made by": author_of(found) + ("" if one.seed is None else f", seed {one.seed}"),
        "made on": date(found.created_at),
        "hash": found.hash,
        "class set": found.class_set,
        "model": one.model,
        "answered by": ", ".join(one.resolved_models or ()),
        "server": one.endpoint,
        "prompt": one.prompt,
        "prompt hash": one.prompt_hash,
        "asked with": _said(one.params),
        "sent with": "; ".join(map(canonical_json, one.sent or ())),
        "samples": one.samples,
        "kept per class": one.keep,
        "samples merged by": one.pooling,
        "cut answers": ", ".join(one.truncated or ()),
        "shortened": ", ".join(one.shortened or ()),
        "parser": one.parser_version,
        "parent": _named(one.parent_hash, names),
        "change": "" if one.change is None else _said(one.change),
        "imported from": "" if one.imported is None else _said(one.imported),
        "texts": rendering_in_words(found.rendering),
        "context tokens": found.context_tokens,
        "aliases": ", ".join(f"@{alias}" for alias in found.aliases),
        "tags": ", ".join(found.tags),
        "notes": " · ".join(note for note in (found.note, *found.notes) if note),
        "dfer": found.dfer_version,
    }
    return tuple((name, str(value)) for name, value in told.items() if value not in (None, ""))


def origin_of_runs(example: Run) -> Facts:
    """What all runs of a protocol have in common."""
    spec = example.specification
    changed = departures(spec["recipe"], spec["settings"])
    told = {
        "protocol": example.protocol_hash,
        "recipe": spec["recipe"],
        "settings": "the recipe's own" + (f" but {_said(changed)}" if changed else ""),
        "CLIP": _said(spec["clip"]),
        "data set": spec["dataset"],
        "data fingerprint": spec["data_fingerprint"],
        "classes": ", ".join(spec["classes"]),
        "epoch selection": spec["selection"] if is_trained(example) else None,
        "augmentation": spec["augmentation"],
        "reading clips": _said(spec.get("clip_settings") or {}) or "as DFER-CLIP does",
        "packed": _said(spec.get("pack") or {}),
        "clip reader": spec.get("clip_reader", 1),
        "precision": spec["precision"],
        "trained on": spec.get("trained_on"),
    }
    return tuple((name, str(value)) for name, value in told.items() if value not in (None, ""))


def environments(runs: Sequence[Run]) -> Facts:
    """What was at hand: once, if it was the same for all runs, else each with how many had it."""
    names = list(dict.fromkeys(name for run in runs for name in run.environment))
    told = []
    for name in names:
        values = [run.environment.get(name, "unknown") for run in runs]
        different = list(dict.fromkeys(values))
        counted = ", ".join(f"{value} ({values.count(value)} of {len(values)} runs)" for value in different)
        told.append((name, different[0] if len(different) == 1 else counted))
    return tuple(told)


def rendering_in_words(rendering: Rendering) -> str:
    body = {"list": "descriptors, with commas", "sentence": "descriptors as a sentence"}
    told = [body.get(rendering.form, "a text for each descriptor")]
    if rendering.prefix or rendering.suffix != ".":
        told.append(f"“{rendering.prefix}…{rendering.suffix}”")
    if rendering.combine != "joined":
        told.append(f"combined by {rendering.combine}")
    if rendering.compounds:
        told.append(f"compounds: {rendering.compounds}")
    return ", ".join(told)


def date(moment: str) -> str:
    """ "2026-11-21 07:00 UTC"; nothing of what was not saved."""
    return f"{moment[:16].replace('T', ' ')} UTC" if moment else ""


def _named(hash: str | None, names: Mapping[str, str]) -> str:
    if hash is None:
        return ""
    return f"{names[hash]} ({hash})" if hash in names else hash


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in values.items() if value is not None)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)
