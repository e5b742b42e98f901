"""A comparison as large as one likes, without any training: real sets, runs of a real specification, outcomes
that are drawn. `python -m tests.experiments.report_world report.html 12 mafw43` writes its report."""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from description_store.database import open_store
from description_store.records import DescriptionSet, Outcome, Provenance, Run
from dfer.class_sets import load_class_set
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.controls import control_set
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.experiments.class_similarity import ClassSimilarity, class_similarity
from dfer.experiments.comparison import Comparison, compare
from dfer.experiments.matched_controls import matched_controls
from dfer.experiments.published_results import published_beside
from dfer.experiments.report.report import Report, gather
from dfer.models.settings import recipe_settings
from dfer.training.run_record import identity
from dfer.training.specification import RunSpecification, words_of

CLIP: dict[str, Any] = {
    "architecture": "ViT-B-32",
    "quick_gelu": True,
    "pretrained": "openai",
    "seed": None,
    "sha256": "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
}
DATES = "2026-11-21T07:00:00.000+00:00"
_READERS = {"dfew7": "dfew", "ferv39k7": "ferv39k", "mafw11": "mafw", "mafw43": "mafw-compound"}


def some_sets(number: int, class_set: str) -> dict[str, DescriptionSet]:
    """An author's words, an edit of them, and controls: v1, v2, …"""
    classes = load_class_set(class_set)
    with TemporaryDirectory() as folder, open_store(Path(folder) / "dfer.db") as db:
        questions = plan_questions(classes, load_template("dfer-clip"), model="builtin/facs")
        first = describe(db, questions).description_set.model_copy(update={"created_at": DATES})
    kinds = ("names", "scrambled", "swapped", "template", *["random"] * number)
    controls = [
        control_set(first, classes, kind=kind, seed=seed).model_copy(update={"created_at": DATES})  # type: ignore[arg-type]
        for seed, kind in enumerate(kinds, start=1)
    ]
    made = [first, control_set(first, classes, kind="random", seed=99), edited(first), *controls][:number]
    return {
        f"v{version}": one.model_copy(update={"version": version, "created_at": DATES})
        for version, one in enumerate(made, start=1)
    }


def edited(parent: DescriptionSet) -> DescriptionSet:
    """Every second class says one thing more."""
    descriptions = tuple(
        one
        if place % 2
        else one.model_copy(
            update={
                "descriptors": (*one.descriptors, "a look that lingers"),
                "text": (text := one.text.rstrip(".") + ", a look that lingers."),
                "tokens": count_tokens(text),
            }
        )
        for place, one in enumerate(parent.descriptions)
    )
    provenance = Provenance(kind="edit", parent_hash=parent.hash, change={"edit": True})
    return parent.model_copy(update={"descriptions": descriptions, "provenance": provenance})


def a_run(
    number: int,
    description_set: DescriptionSet,
    outcomes: list[Outcome],
    *,
    fold: int,
    seed: int,
    **changes: Any,
) -> Run:
    """A finished run of these outcomes. `changes` are fields of its specification."""
    recipe = changes.pop("recipe", "dfer-clip")
    epochs = 6
    defaults: dict[str, Any] = {
        "recipe": recipe,
        "settings": recipe_settings(recipe, {} if recipe == "zero-shot" else {"epochs": epochs}).model_dump(
            mode="json"
        ),
        "clip": CLIP,
        "dataset": _READERS.get(description_set.class_set, "csv"),
        "data_fingerprint": "df1:" + "ab" * 32,
        "selection": "best-test",
        "augmentation": "mafw",
        "precision": "fp32",
    }
    spec = RunSpecification(**words_of(description_set), **(defaults | changes), fold=fold, seed=seed)
    classes = list(spec.classes)
    confusion = np.zeros((len(classes), len(classes)), dtype=int)
    for outcome in outcomes:
        confusion[classes.index(outcome.label), classes.index(outcome.predicted)] += 1
    clips = confusion.sum(axis=1)
    recalls = {
        name: float(confusion[i, i] / clips[i]) if clips[i] else None for i, name in enumerate(classes)
    }
    uar = float(np.mean([recall for recall in recalls.values() if recall is not None]))
    war = float(confusion.trace() / clips.sum())
    rng = np.random.default_rng(number)
    judged = spec.selection != "last"
    history = [
        {
            "epoch": epoch,
            "loss": float(np.log(len(classes)) * np.exp(-0.25 * epoch) + rng.normal(0, 0.02)),
            "uar": uar * (1 - np.exp(-0.8 * epoch)) if judged else None,
            "war": war * (1 - np.exp(-0.8 * epoch)) if judged else None,
        }
        for epoch in range(1, epochs + 1)
    ]
    return Run(
        id=number,
        status="finished",
        **identity(spec, description_set.version),
        uar=uar,
        war=war,
        per_class=recalls,
        confusion=tuple(map(tuple, confusion.tolist())),
        history=tuple(history) if recipe != "zero-shot" else (),
        environment={"dfer": "0.1.0", "torch": "2.13.0", "device": "cuda:0" if number % 5 else "cpu"},
        folder=f"runs/{number}",
        seconds=812.4 + number,
        created_at=DATES,
    )


def a_comparison(
    sets: Mapping[str, DescriptionSet],
    *,
    folds: int = 3,
    seeds: int = 2,
    clips: int = 210,
    baseline: str | None = None,
    **changes: Any,
) -> Comparison:
    """Clips are hard or easy for all sets alike; sets made by an author are better by a little."""
    runs: dict[str, list[Run]] = {name: [] for name in sets}
    said: dict[int, list[Outcome]] = {}
    for fold in range(1, folds + 1):
        rng = np.random.default_rng(fold)
        classes = next(iter(sets.values())).class_names
        often = 1 / np.arange(1, len(classes) + 1) ** 0.6
        labels = np.concatenate(
            [np.arange(len(classes)), rng.choice(len(classes), clips - len(classes), p=often / often.sum())]
        )
        hard = rng.normal(0, 1, clips)
        for place, (name, one) in enumerate(sets.items()):
            for seed in range(1, seeds + 1):
                drawn = np.random.default_rng([fold, place, seed])
                skill = 0.55 if one.provenance.control is None else 0.15
                right = hard + drawn.normal(0, 0.6, clips) < skill
                others = (
                    labels + 1 + (drawn.integers(0, len(classes) - 1, clips) ** 2) // len(classes)
                ) % len(classes)
                taken = np.where(right, labels, others)
                outcomes = [
                    Outcome(f"clip{clip}", classes[label], classes[guess])
                    for clip, (label, guess) in enumerate(zip(labels, taken, strict=True))
                ]
                number = len(said) + 1
                said[number] = outcomes
                runs[name].append(a_run(number, one, outcomes, fold=fold, seed=seed, **changes))
    return compare(runs, lambda run: said[run.id], baseline=baseline, controls=matched_controls(sets))


def similarity_of(name: str, one: DescriptionSet) -> ClassSimilarity:
    """Of embeddings that are drawn, in a narrow cone as CLIP's are."""
    rng = np.random.default_rng(one.version)
    drawn = rng.normal(0, 0.35, (len(one.class_names), 16)) + 1
    embeddings = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return class_similarity(
        set=name, class_names=one.class_names, combine="joined", clip=CLIP, embeddings=embeddings
    )


def a_report(number: int = 3, class_set: str = "dfew7", **changes: Any) -> Report:
    sets = some_sets(number, class_set)
    comparison = a_comparison(sets, **changes)
    return gather(
        comparison,
        sets,
        published=published_beside(comparison.example.specification),
        similarities=[similarity_of(name, one) for name, one in sets.items()],
        baseline=changes.get("baseline"),
    )


if __name__ == "__main__":
    from dfer.experiments.report.page import report_page

    file, number, class_set = (*sys.argv[1:], *("/tmp/report.html", "3", "dfew7")[len(sys.argv) - 1 :])
    large = {"clips": 900, "baseline": "v1"} if int(number) > 5 else {}
    Path(file).write_text(report_page(a_report(int(number), class_set, **large)), encoding="utf-8")
