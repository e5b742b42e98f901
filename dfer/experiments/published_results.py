"""What the papers report for the method and the data set of a run, to stand beside the run's own numbers.

The figures are those of the papers' tables, copied into `published_results.csv`.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from dfer.models.settings import RECIPES

DESCRIPTORS = "[descriptors]"
"""The prompt of a class that is described, not only named."""

# By reader and number of classes: other classes of the same clips are another task.
_DATA_SETS = {
    ("dfew", 7): "DFEW",
    ("ferv39k", 7): "FERV39k",
    ("afew", 7): "AFEW",
    ("mafw", 11): "MAFW",
    ("mafw", 43): "MAFW-43",
    ("mafw-compound", 43): "MAFW-43",
}

# What a row of DFER-CLIP's tables does not say is as in its headline (§4.2).
_DFER_CLIP_HEADLINE = {
    "context_tokens": "8",
    "temporal_layers": "1",
    "description_position": "end",
    "class_specific_context": "true",
    "prompt": f"[learnable prompt] {DESCRIPTORS}",
}

_UNTRAINED = ("Zero-shot CLIP", "CLIP")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedResult:
    """A row of a paper's table; `uar` and `war` are fractions. `variant` is as in `published_results.csv`.

    `protocol` is how the paper trained and averaged, in words.
    """

    source: str
    table: str
    protocol: str
    dataset: str
    method: str
    variant: str
    uar: float
    war: float

    @property
    def paper(self) -> str:
        """The source's name alone: "EmoCLIP"."""
        return self.source.partition(" (")[0]

    @property
    def selection(self) -> str | None:
        """How the epoch was chosen: on the test clips in both papers. None where nothing is trained."""
        return None if self.method in _UNTRAINED else "best-test"

    @property
    def averaging(self) -> str:
        """ "mean of 3 seeds and 5 folds", or the protocol where the paper does not say."""
        if "mean of 3 seeds" not in self.protocol:
            return self.protocol
        return "mean of 3 seeds" + (" and 5 folds" if self.dataset in ("DFEW", "MAFW") else "")

    @property
    def parts(self) -> dict[str, str]:
        """`variant` by name; a part without a value stands for itself: {"frozen backbone": ""}."""
        return {name: value for name, _, value in (p.partition("=") for p in self.variant.split(";") if p)}

    @property
    def told_variant(self) -> str:
        """What sets it apart from the paper's headline: "temporal_layers=0"."""
        known = _DFER_CLIP_HEADLINE if self.method == "DFER-CLIP" else {}
        return ", ".join(f"{k}={v}" if v else k for k, v in self.parts.items() if known.get(k) != v)


def published_beside(specification: Mapping[str, Any]) -> tuple[PublishedResult, ...]:
    """As `published_results`, of a run's specification. Nothing beside what no paper reports: one held-out
    class, weights trained on another data set (but EmoCLIP's, on MAFW's captions), words that a run was not
    trained with, FaRL's weights.
    """
    recipe, dataset = specification["recipe"], specification["dataset"]
    if specification["settings"].get("held_out_class") is not None:
        return ()
    if "farl" in str(specification.get("clip", {}).get("pretrained")).casefold():
        return ()
    trained_by = specification.get("trained_by")
    if trained_by is not None:
        trained_on = specification.get("trained_on")
        if recipe == "emoclip" and not str(trained_on).startswith("mafw"):
            return ()
        other_words = trained_by.split()[-1] != specification["set_hash"]
        if recipe != "emoclip" and (trained_on != dataset or other_words):
            return ()
    return published_results(
        recipe=specification["recipe"],
        settings=specification["settings"],
        dataset=specification["dataset"],
        classes=len(specification["classes"]),
        prompt=prompt_of(specification["classes"], specification["texts"]),
        combine=specification.get("combine", "joined"),
        trained_before=specification.get("trained_by") is not None,
    )


def published_results(
    *,
    recipe: str,
    settings: Mapping[str, Any],
    dataset: str,
    classes: int,
    prompt: str = DESCRIPTORS,
    combine: str = "joined",
    trained_before: bool = False,
) -> tuple[PublishedResult, ...]:
    """What DFER-CLIP and EmoCLIP report for this method on this data set; mostly none, or one row.

    `settings` are the recipe's; what they leave out is as published. `dataset` is a reader's name, `classes`
    the number of classes, `prompt` what `prompt_of` says of the words. `combine` is the set's: the words of
    compound emotions are either concatenated ("joined") or averaged. `trained_before`: weights of another run
    are evaluated. Only the settings that the papers vary are looked at. A figure that stands in several
    tables is told once.
    """
    if recipe not in RECIPES:
        return ()
    settings = RECIPES[recipe].model_dump(mode="json") | dict(settings)
    if recipe == "dfer-clip" and combine != "joined":
        return ()
    name = _DATA_SETS.get((dataset, classes))
    compound = {"joined": "concatenated prompts", "mean_raw": "averaged embeddings"}.get(combine, "")
    found: dict[tuple[str, str, float, float], PublishedResult] = {}
    for row in _rows():
        if (
            row.dataset == name
            and row.parts.get("compound", compound) == compound
            and _is_of(row, recipe, settings, prompt, trained_before=trained_before)
        ):
            found.setdefault((row.paper, row.method, row.uar, row.war), row)
    return tuple(found.values())


def prompt_of(class_names: Sequence[str], texts: Sequence[str]) -> str:
    """The one prompt that all texts are made of, "an expression of [class]", or DESCRIPTORS.

    The papers' prompts name the class and nothing else of it.
    """
    prompts = set()
    for name, text in zip(class_names, texts, strict=True):
        before, said, after = text.casefold().partition(name.replace("_", " ").casefold())
        prompts.add(f"{before}[class]{after}".rstrip(". ") if said else DESCRIPTORS)
    return prompts.pop() if len(prompts) == 1 else DESCRIPTORS


def departures(recipe: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not the recipe's published ones."""
    if recipe not in RECIPES:
        return {}
    published = RECIPES[recipe].model_dump(mode="json")
    return {name: value for name, value in settings.items() if published.get(name, value) != value}


def _is_of(
    row: PublishedResult, recipe: str, settings: Mapping[str, Any], prompt: str, *, trained_before: bool
) -> bool:
    match row.paper, recipe:
        case "DFER-CLIP", "dfer-clip":
            ours = _dfer_clip(settings, prompt)
            return row.method == "DFER-CLIP" and _DFER_CLIP_HEADLINE | row.parts == ours
        case "DFER-CLIP", "coop":
            return row.method == "CoOp"
        case "DFER-CLIP", "cocoop":
            return row.method == "CoCoOp"
        case "DFER-CLIP", "linear-probe" | "finetune" | "finetune-temporal":
            layers = str(settings["temporal_layers"])
            if settings["finetune_visual"]:
                return row.method == "Full fine-tuning" and row.parts["temporal_layers"] == layers
            return row.method == "Linear probe" and layers == "0"
        case "DFER-CLIP" | "EmoCLIP", "zero-shot":
            return row.method in _UNTRAINED
        case "EmoCLIP", "emoclip" | "emoclip-supervised":
            return row.method == "EmoCLIP" and _is_of_emoclip(row, settings, trained_before=trained_before)
    return False


def _dfer_clip(settings: Mapping[str, Any], prompt: str) -> dict[str, str]:
    """The settings as a row's parts. Words that only name the class have rows of their own (Table 3)."""
    told = {name: str(settings[name]).lower() for name in _DFER_CLIP_HEADLINE if name != "prompt"}
    words = prompt if prompt in ("[class]", DESCRIPTORS) else "of no row"
    return told | {"prompt": f"[learnable prompt] {words}"}


def _is_of_emoclip(row: PublishedResult, settings: Mapping[str, Any], *, trained_before: bool) -> bool:
    leaves_one_out = "leave one class out" in row.protocol
    if settings["held_out_class"] is not None or leaves_one_out:
        return settings["held_out_class"] is not None and leaves_one_out
    frozen = not (settings["finetune_visual"] or settings["finetune_text"])
    if frozen != ("frozen backbone" in row.parts):
        return False
    trained_on = row.parts.get("training_text", "video captions")
    if settings["training_texts"] == "descriptions":
        return trained_on == "class descriptions"
    # MAFW alone has captions: zero-shot on another data set is by weights that were trained there.
    return trained_on.startswith("video captions") and (trained_before or row.dataset.startswith("MAFW"))


@cache
def _rows() -> tuple[PublishedResult, ...]:
    text = (resources.files("dfer.experiments") / "published_results.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedResult(
            source=row["source"],
            table=row["table"],
            protocol=row["protocol"],
            dataset=row["dataset"],
            method=row["method"],
            variant=row["variant"],
            uar=round(float(row["uar"]) / 100, 4),
            war=round(float(row["war"]) / 100, 4),
        )
        for row in csv.DictReader(text.splitlines())
    )
