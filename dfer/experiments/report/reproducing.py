"""The command that makes a run again, from its specification alone. Where clips lie is no part of that."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from description_store.records import Run
from dfer.clips.packing.pack_file import SUFFIX as PACK
from dfer.clips.settings import ClipSettings
from dfer.models.settings import RECIPES, TrainedSettings
from dfer.training.reading_defaults import READING, clip_settings_of

DATA = "DATA"
"""Stands for the data set's folder or file."""
RUN = "RUN"
"""Stands for a trained run that is not at hand."""

# Settings that have options of their own.
_OPTIONS = {"epochs": "--epochs", "batch_size": "--batch-size", "held_out_class": "--hold-out"}


def command(run: Run, *, set_name: str | None = None, others: Sequence[Run] = (), data: str = DATA) -> str:
    """One line for a shell: `dfer train …`, or `dfer evaluate …` of what was not trained itself.

    Everything that decides the run is said, but for what is the recipe's own. `others` are runs among which
    the trained one may be whose weights were evaluated.
    """
    return shlex.join(["dfer", *arguments(run, set_name=set_name, others=others, data=data)])


def arguments(
    run: Run, *, set_name: str | None = None, others: Sequence[Run] = (), data: str = DATA
) -> tuple[str, ...]:
    """As `command`, without `dfer` and not quoted."""
    spec = run.specification
    if data == DATA and spec.get("pack"):
        data += PACK
    words = ["--descriptions", set_name or f"v{run.set_version}"]
    clips = ["--data", data, "--dataset", spec["dataset"], "--fold", str(spec["fold"])]
    if spec.get("trained_by"):
        given = ["--run", _trained(spec, others), "--precision", spec["precision"]]
        return ("evaluate", *words, *clips, *given)
    recipe = spec["recipe"]
    method = ["--recipe", recipe, "--clip", str(spec["clip"]["architecture"])]
    method += ["--pretrained", str(spec["clip"]["pretrained"])]
    trained = isinstance(RECIPES[recipe], TrainedSettings)
    if trained:
        method += ["--seed", str(spec["seed"]), "--selection", spec["selection"]]
    how = [*_reading(spec, trained=trained), *_settings(recipe, spec["settings"])]
    return ("train" if trained else "evaluate", *words, *clips, *method, *how)


def placeholders(runs: Sequence[Run], others: Sequence[Run] = ()) -> tuple[str, ...]:
    """What the capitals in the commands of these runs stand for, and what a specification cannot say."""
    specs = [run.specification for run in runs]
    told = ["DATA is the data set's folder or file; where clips lie is no part of a run (see --root, too)."]
    if packed := next((spec["pack"] for spec in specs if spec.get("pack")), None):
        how = ", ".join(f"{name} {value}" for name, value in packed.items() if value is not None)
        told.append(f"{DATA}{PACK} is made by `dfer data pack` ({how}).")
    unknown = {
        spec["trained_by"] for spec in specs if spec.get("trained_by") and _trained(spec, others) == RUN
    }
    if unknown:
        told.append(
            f"RUN is a trained run that is not at hand, by protocol and set: {'; '.join(sorted(unknown))}."
        )
    weights = {(str(s["clip"]["pretrained"]), s["clip"].get("sha256")) for s in specs if s.get("clip")}
    told += [
        f"CLIP's weights {name} have the SHA-256 {sha256}."
        for name, sha256 in sorted(weights, key=str)
        if name != "random" and sha256
    ]
    return tuple(told)


def _trained(spec: Mapping[str, Any], others: Sequence[Run]) -> str:
    """The name of the run whose weights were evaluated, of the same fold unless the clips are others."""
    fits = [run for run in others if f"{run.protocol_hash} {run.set_hash}" == spec["trained_by"]]
    fits = [run for run in fits if run.status != "failed" and run.seed == spec["seed"] and run.folder]
    of_fold = [run for run in fits if run.fold == spec["fold"]]
    return (of_fold or fits)[-1].name if len(of_fold or fits) > 0 else RUN


def _reading(spec: Mapping[str, Any], *, trained: bool) -> list[str]:
    recipe = spec["recipe"]
    told = []
    if spec["augmentation"] != READING[recipe].augmentation:
        told += ["--augmentation", spec["augmentation"]]
    wanted = ClipSettings.model_validate(spec.get("clip_settings", {}))
    told += _sampling(wanted, recipe)
    if wanted.random_test_windows:
        told.append("--random-test-windows")
    told += _unless_default("--short-clips", wanted.short_clips, "repeat-last")
    told += _unless_default("--broken-frames", wanted.broken_frames, "error")
    told += _unless_default("--balance", wanted.balance, "none") if trained else []
    return told + _unless_default("--precision", spec["precision"], "fp32")


def _sampling(wanted: ClipSettings, recipe: str) -> list[str]:
    own = clip_settings_of(recipe)
    told = _unless_default("--sampling", wanted.sampling, own.sampling)
    if wanted.sampling == "windows":
        told += _unless_default("--downsample", str(wanted.downsample), str(own.downsample))
    return told


def _unless_default(flag: str, value: str, default: str) -> list[str]:
    return [] if value == default else [flag, value]


def _settings(recipe: str, settings: Mapping[str, Any]) -> list[str]:
    """Those that are not the recipe's own."""
    own = RECIPES[recipe].model_dump(mode="json")
    told: list[str] = []
    for name, value in settings.items():
        if name in own and own[name] == value:
            continue
        told += [_OPTIONS[name], str(value)] if name in _OPTIONS else ["--set", f"{name}={_typed(value)}"]
    return told


def _typed(value: Any) -> str:
    """As `--set` reads it: JSON, or a text that is none."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        json.loads(value)
    except ValueError:
        return value
    return json.dumps(value)
