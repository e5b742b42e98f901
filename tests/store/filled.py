"""A store with rows in every table, all of them sound, as real commands leave them."""

from typing import Any

from sqlite_utils import Database

from description_store.annotations import add_note, add_tag
from description_store.answers import save_answer, save_attempt, save_parses
from description_store.experiments import save_experiment
from description_store.hashing import class_set_hash, protocol_hash, run_hash, tagged_hash
from description_store.prompts import save_prompt
from description_store.records import (
    Answer,
    Attempt,
    Cell,
    Description,
    DescriptionSet,
    Parse,
    Prediction,
    Provenance,
    Rendering,
    Run,
)
from description_store.runs import save_run
from description_store.sets import move_alias, save_class_set, save_set

NAMES = ("anger", "fear", "neutral")
CLASSES = [{"name": name, "display": name, "components": []} for name in NAMES]
CLASS_SET_HASH = class_set_hash(CLASSES)
PROMPT = "Describe {{ class_name }}."
PROMPT_HASH = tagged_hash("pt1", PROMPT)


def fill(db: Database) -> None:
    """v1 by an LLM, v2 an edit of it, v3 a control; v4's parent is elsewhere; r1 finished, r2 failed."""
    save_class_set(db, class_set_hash=CLASS_SET_HASH, name="three", content=CLASSES)
    save_prompt(db, prompt_hash=PROMPT_HASH, name="plain", text=PROMPT)
    save_attempt(db, Attempt(key=key_of("anger"), model="m", endpoint="e", outcome="late", message="503"))
    parse_ids = {name: [ask(db, name)] for name in NAMES}
    first, _ = save_set(db, a_set("brows", parse_ids=parse_ids))
    edited, _ = save_set(db, a_set("lips", kind="edit", parent_hash=first.hash))
    save_set(db, a_set("words", kind="control", control="random", rendering=Rendering(form="sentence")))
    save_set(db, a_set("eyes", kind="import", parent_hash=f"ds1:{'0' * 64}"))
    move_alias(db, "baseline", first.version)
    add_tag(db, edited.version, "paper")
    add_note(db, first.version, "looked at by two people")
    save_run(db, a_run(first), predictions())
    save_run(db, a_run(edited, status="failed", error="out of memory"))
    save_experiment(db, name="table1", grid={"seeds": [1]}, cells=[a_cell(first), a_cell(edited)])


def identity_of(question: str) -> dict[str, Any]:
    return {
        "key_version": 1,
        "api": "chat",
        "endpoint": "http://127.0.0.1/v1",
        "model": "m",
        "messages": [{"role": "user", "content": question}],
        "params": {"temperature": 0.5},
        "sample_index": 0,
    }


def key_of(question: str) -> str:
    return tagged_hash("dk1", identity_of(question))


def ask(db: Database, question: str) -> int:
    """Store an answer that was asked for by another key, and its parse, whose id is returned."""
    answer = save_answer(
        db,
        Answer(
            key=key_of(question),
            identity=identity_of(question),
            text=f"1. sign of {question}",
            raw="{}",
            verdict="clean",
        ),
        asked_key=key_of(f"{question}, with a seed"),
        dropped=["seed"],
    )
    assert answer.id is not None
    parse = Parse(answer_id=answer.id, parser_version="p1", descriptors=(f"sign of {question}",))
    parse_id = save_parses(db, [parse])[0].id
    assert parse_id is not None
    return parse_id


def a_set(
    word: str,
    *,
    kind: str = "llm",
    parse_ids: dict[str, list[int]] | None = None,
    rendering: Rendering | None = None,
    **provenance: Any,
) -> DescriptionSet:
    by_llm = {"model": "m", "prompt_hash": PROMPT_HASH} if kind == "llm" else {}
    return DescriptionSet(
        class_set="three",
        class_set_hash=CLASS_SET_HASH,
        descriptions=tuple(
            Description(
                class_name=name,
                descriptors=(f"{word} of {name}", f"{word} seen"),
                text=f"{word} of {name} and {word} seen.",
                tokens=5 + place,
                parse_ids=tuple((parse_ids or {}).get(name, ())),
            )
            for place, name in enumerate(NAMES)
        ),
        provenance=Provenance(kind=kind, **by_llm, **provenance),
        rendering=rendering or Rendering(),
        context_tokens=8,
    )


def a_run(of: DescriptionSet, *, seed: int = 1, status: str = "finished", error: str = "") -> Run:
    specification = {
        "set": of.name,
        "set_hash": of.hash,
        "classes": list(NAMES),
        "texts": list(of.texts.values()),
        "combine": of.rendering.combine,
        "recipe": "zero-shot",
        "settings": {"frames": 8},
        "clip": {"model": "dfer-tiny"},
        "dataset": "csv",
        "data_fingerprint": "x",
        "fold": 1,
        "seed": seed,
        "selection": "last",
        "augmentation": "none",
        "precision": "fp32",
    }
    results: dict[str, Any] = {
        "uar": 0.75,
        "war": 0.75,
        "metrics": {"macro_f1": 11 / 15, "auc": 0.75, "calibration_error": 0.125},
        "per_class": {"anger": 0.5, "fear": 1.0, "neutral": None},
        "confusion": ((1, 1, 0), (0, 2, 0), (0, 0, 0)),
    }
    return Run(
        status=status,
        spec_hash=run_hash(specification),
        protocol_hash=protocol_hash(specification),
        set_version=of.version,
        specification=specification,
        error=error,
        **{
            name: specification[name]
            for name in ("set_hash", "recipe", "dataset", "fold", "seed", "selection")
        },
        **(results if status == "finished" else {}),
    )


def a_cell(of: DescriptionSet, *, seed: int = 1) -> Cell:
    """The cell whose run is `a_run`."""
    run = a_run(of, seed=seed)
    return Cell(
        spec_hash=run.spec_hash,
        set_version=of.version,
        recipe=run.recipe,
        fold=run.fold,
        seed=seed,
        varied={"frames": 8},
    )


def predictions() -> list[Prediction]:
    """Of `a_run`: two clips of anger, one of them taken for fear, and two of fear."""
    said = (("anger", "anger"), ("anger", "fear"), ("fear", "fear"), ("fear", "fear"))
    return [
        Prediction(
            clip=f"{label}/{place}",
            label=label,
            predicted=predicted,
            scores=tuple(2.0 if name == predicted else -0.5 for name in NAMES),
        )
        for place, (label, predicted) in enumerate(said)
    ]
