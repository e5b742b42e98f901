"""Every recipe trains for real on the synthetic world, moves what it must and nothing else, and learns."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import DescriptionSet
from description_store.runs import load_predictions
from dfer.class_sets.class_set import ClassSet
from dfer.clips.folds import FoldSplit
from dfer.clips.settings import ClipSettings
from dfer.clips.synthetic.variation import Variation
from dfer.clips.synthetic.world import draw_world
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.errors import ContentError, UsageError
from dfer.experiments.held_out import over_held_out_classes
from dfer.models.settings import RECIPES, TrainedSettings
from dfer.training.data_source import DataSource
from dfer.training.fabric import make_fabric
from dfer.training.loop import train
from dfer.training.preparing import PreparedRun, prepare, prepare_with_weights_of
from dfer.training.run_data import datasets, objective_of
from dfer.training.running import Machine, run_evaluation, run_training
from dfer.training.specification import Selection

CPU = Machine(accelerator="cpu")
THREE = ClassSet(name="three", classes=["happiness", "surprise", "anger"])
WORDS = {
    "happiness": "a person with raised cheeks, lip corners pulled up and parted lips",
    "surprise": "a person with raised eyebrows, raised upper eyelids, parted lips and a dropped jaw",
    "anger": "a person with lowered brows, raised upper eyelids, tightened eyelids, tightened lips and "
    "pressed lips",
}
"""In the manner of the world's captions, but none of them."""

ADAMW = {"optimizer": "adamw", "frames": 2}
NARROW = {"temporal_head_width": 32, "temporal_mlp": 256, "temporal_positions": 9}
LEARNS: dict[str, dict[str, Any]] = {
    "dfer-clip": {
        **ADAMW,
        "pixel_normalisation": "clip",
        "temperature": 0.05,
        "temporal_learning_rate": 3e-4,
        "visual_learning_rate": 3e-5,
        "context_learning_rate": 1e-2,
        "batch_size": 16,
        "epochs": 16,
    },
    "emoclip": {
        **ADAMW,
        **NARROW,
        "temporal_learning_rate": 1e-3,
        "head_learning_rate": 1e-2,
        "batch_size": 40,
        "epochs": 40,
    },
    "emoclip-supervised": {
        **ADAMW,
        **NARROW,
        "temporal_learning_rate": 1e-3,
        "head_learning_rate": 1e-2,
        "batch_size": 40,
        "epochs": 30,
        "duplicates": "positive",
    },
    "coop": {
        **ADAMW,
        "context_tokens": 8,
        "class_specific_context": True,
        "context_learning_rate": 1e-2,
        "warmup_epochs": 0,
        "batch_size": 80,
        "epochs": 200,
    },
    "cocoop": {
        **ADAMW,
        "class_specific_context": True,
        "context_learning_rate": 1e-2,
        "meta_learning_rate": 3e-3,
        "warmup_epochs": 0,
        "batch_size": 32,
        "epochs": 40,
    },
    "linear-probe": {**ADAMW, "head_learning_rate": 1e-2, "batch_size": 20, "epochs": 40},
    "finetune": {
        **ADAMW,
        "pixel_normalisation": "clip",
        "head_learning_rate": 1e-2,
        "visual_learning_rate": 3e-5,
        "batch_size": 16,
        "epochs": 16,
    },
    "finetune-temporal": {
        **ADAMW,
        "pixel_normalisation": "clip",
        "head_learning_rate": 1e-3,
        "temporal_learning_rate": 3e-4,
        "visual_learning_rate": 3e-5,
        "batch_size": 16,
        "epochs": 16,
    },
}
"""Settings with which the tiny CLIP, whose weights are random, learns in seconds. The published ones are for
CLIP's own weights and thousands of clips."""


@pytest.fixture(scope="module")
def plain_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 clips of three emotions in three folds, of people who are in one fold each, evenly lit."""
    return draw_world(
        tmp_path_factory.mktemp("plain") / "w",
        class_set=THREE,
        clips=240,
        seed=3,
        size=64,
        folds=3,
        frames=4,
        variation=Variation(name="plain", lighting=0.3, intensity=(1.2, 1.2)),
    )


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "dfer.db") as db:
        yield db


@pytest.fixture
def worded(db: Database) -> DescriptionSet:
    described = describe(
        db, plan_questions(THREE, load_template("dfer-clip"), model="builtin/facs")
    ).description_set
    own = tuple(d.model_copy(update={"text": WORDS[d.class_name]}) for d in described.descriptions)
    return described.model_copy(update={"descriptions": own})


def prepared_for(
    recipe: str, worded: DescriptionSet, world: Path, selection: Selection = "last", **changes: Any
) -> PreparedRun:
    return prepare(
        worded,
        DataSource(dataset="csv", data=world),
        recipe=recipe,
        overrides=LEARNS.get(recipe, {}) | changes,
        architecture="tiny",
        pretrained=None,
        fold=1,
        seed=1,
        selection=selection,
        augmentation="none",
        clip_settings=ClipSettings(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("recipe", LEARNS)
def test_every_recipe_beats_chance_on_people_it_has_not_seen(
    db: Database, worded: DescriptionSet, plain_world: Path, tmp_path: Path, recipe: str
) -> None:
    """Chance is 33 %, its standard deviation over 80 clips 5.3 %. Seeds 1, 2 and 3 reached, in per cent:
    dfer-clip 73 69 74, emoclip 55 58 51, emoclip-supervised 63 66 63, coop 59 58 61, cocoop 51 56 54,
    linear-probe 65 69 68, finetune 66 80 73, finetune-temporal 74 71 73."""
    run, _ = run_training(
        db, prepared_for(recipe, worded, plain_world), set_version=1, out=tmp_path / "runs", machine=CPU
    )
    assert sum(map(sum, run.confusion)) == 80
    assert run.war is not None
    assert run.war > 1 / 3 + 0.12
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_there_is_a_learning_test_of_every_recipe_that_trains() -> None:
    assert set(LEARNS) == {name for name, s in RECIPES.items() if isinstance(s, TrainedSettings)}


MOVES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "dfer-clip": ({}, {"visual", "temporal", "text_side.context"}),
    "dfer-clip, no temporal model": ({"temporal_layers": 0}, {"visual", "text_side.context"}),
    "dfer-clip, no context": ({"context_tokens": 0}, {"visual", "temporal"}),
    "emoclip": ({}, {"temporal", "head"}),
    "emoclip, image tower too": ({"finetune_visual": True}, {"visual", "temporal", "head"}),
    "emoclip, text tower too": (
        {"finetune_text": True, "text_learning_rate": 1e-3},
        {"temporal", "head", "text_side.tower.transformer"},
    ),
    "emoclip-supervised": ({}, {"temporal", "head"}),
    "coop": ({}, {"text_side.context"}),
    "cocoop": ({}, {"text_side.text_side.context", "text_side.meta"}),
    "linear-probe": ({}, {"head"}),
    "finetune": ({}, {"visual", "head"}),
    "finetune-temporal": ({}, {"visual", "temporal", "head"}),
}


@pytest.mark.parametrize("case", MOVES)
def test_a_recipe_moves_all_that_it_trains_and_nothing_else(
    worded: DescriptionSet, plain_world: Path, case: str
) -> None:
    changes, parts = MOVES[case]
    recipe = case.partition(",")[0]
    prepared = prepared_for(recipe, worded, plain_world, epochs=2, batch_size=16, **changes)
    some = tuple(prepared.clips.train[:16])
    prepared = replace(prepared, clips=FoldSplit(train=some, val=(), test=some[:4]))
    recogniser = prepared.build()
    before = {name: tensor.clone() for name, tensor in recogniser.state_dict().items()}
    fabric = make_fabric("fp32", accelerator="cpu")
    assert isinstance(prepared.settings, TrainedSettings)
    train(
        recogniser,
        prepared.settings,
        data=datasets(prepared),
        objective=lambda: objective_of(prepared, some, recogniser, fabric),
        classes=3,
        selection="last",
        seed=1,
        fabric=fabric,
    )
    moved = {
        name for name, tensor in recogniser.state_dict().items() if not torch.equal(tensor, before[name])
    }
    meant = {name for name in before if any(name == part or name.startswith(part + ".") for part in parts)}
    assert moved <= meant
    # A key's bias shifts all of an attention's logits alike and has no gradient but rounding's.
    assert {name for name in meant - moved if "in_proj_bias" not in name} == set()
    assert set(recogniser.trainable_state()) == meant


def test_texts_may_be_several_for_a_class_in_every_recipe_that_reads_words(
    worded: DescriptionSet, plain_world: Path, db: Database, tmp_path: Path
) -> None:
    rendering = worded.rendering.model_copy(update={"form": "each", "combine": "mean_score"})
    own = tuple(d.model_copy(update={"text": d.text.replace(", ", "\n")}) for d in worded.descriptions)
    several = worded.model_copy(update={"descriptions": own, "rendering": rendering})
    for recipe in ("coop", "cocoop", "emoclip", "linear-probe"):
        prepared = prepared_for(recipe, several, plain_world, epochs=1)
        run, _ = run_training(db, prepared, set_version=1, out=tmp_path / "runs", machine=CPU)
        assert len(load_predictions(db, run.id)[0].scores) == 3


def test_a_class_held_out_is_not_trained_on_and_alone_tested(
    worded: DescriptionSet, plain_world: Path, db: Database, tmp_path: Path
) -> None:
    runs = []
    for held_out in THREE.names:
        prepared = prepared_for("emoclip-supervised", worded, plain_world, epochs=1, held_out_class=held_out)
        assert {clip.label for clip in prepared.clips.train} == set(THREE.names) - {held_out}
        assert {clip.label for clip in prepared.clips.test} == {held_out}
        run, _ = run_training(db, prepared, set_version=1, out=tmp_path / "runs", machine=CPU)
        assert len(load_predictions(db, run.id)[0].scores) == 3  # it may be taken for any class
        assert [name for name, recall in run.per_class.items() if recall is not None] == [held_out]
        runs.append(run)
    together = over_held_out_classes(runs)
    assert together.uar == pytest.approx(sum(run.uar or 0 for run in runs) / 3)
    right = sum(p.label == p.predicted for run in runs for p in load_predictions(db, run.id))
    assert together.war == pytest.approx(right / 80)


def test_a_held_out_class_must_be_one_of_the_set(worded: DescriptionSet, plain_world: Path) -> None:
    with pytest.raises(UsageError, match="no class 'fear'") as caught:
        prepared_for("emoclip", worded, plain_world, held_out_class="fear")
    assert "happiness, surprise, anger" in caught.value.hint


def test_what_was_trained_on_captions_recognises_other_classes_by_their_descriptions(
    worded: DescriptionSet, plain_world: Path, db: Database, tmp_path: Path
) -> None:
    """EmoCLIP's zero-shot protocol: other words, other classes, clips of another data set, another fold."""
    run, _ = run_training(
        db,
        prepared_for("emoclip", worded, plain_world, epochs=1),
        set_version=1,
        out=tmp_path / "runs",
        machine=CPU,
    )
    two = ClassSet(name="two", classes=["fear", "disgust"])
    other = draw_world(tmp_path / "other", class_set=two, clips=8, seed=1, size=64, folds=2, frames=4)
    words = describe(
        db, plan_questions(two, load_template("dfer-clip"), model="builtin/facs")
    ).description_set
    prepared = prepare_with_weights_of(run, words, DataSource(dataset="csv", data=other), fold=2)
    found, _ = run_evaluation(db, prepared, set_version=words.version, machine=CPU)
    assert list(found.specification["classes"]) == ["fear", "disgust"]
    assert (found.fold, sum(map(sum, found.confusion))) == (2, 4)
    with pytest.raises(UsageError, match="trained on clips of fold 2"):
        prepare_with_weights_of(run, worded, DataSource(dataset="csv", data=plain_world), fold=2)


def test_clips_without_captions_train_on_their_class_and_are_told(
    worded: DescriptionSet, plain_world: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = plain_world.read_text(encoding="utf-8").splitlines()
    fewer = plain_world.with_name("fewer.csv")
    fewer.write_text("\n".join([rows[0], *(_without_caption(row) for row in rows[1:4]), *rows[4:]]), "utf-8")
    prepared_for("emoclip", worded, fewer)
    assert any("have no caption and train on their class's description" in m for m in caplog.messages)
    with pytest.raises(ContentError, match="training clips have no caption"):
        prepared_for("emoclip", worded, fewer, missing_captions="error")
    none = plain_world.with_name("none.csv")
    none.write_text("\n".join([rows[0], *map(_without_caption, rows[1:])]), "utf-8")
    with pytest.raises(ContentError, match="160 of 160 training clips have no caption") as caught:
        prepared_for("emoclip", worded, none)
    assert "emoclip-supervised" in caught.value.hint


def _without_caption(row: str) -> str:
    before, _, rest = row.partition(',"')
    return before + "," + rest.partition('"')[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"soft_labels": True}, "the data set has no votes"),
        ({"patience": 3}, "needs epochs that are judged"),
        ({"batch_size": 500}, "160 training clips are less than one batch of 500"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_computed(
    worded: DescriptionSet, plain_world: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises((UsageError, ContentError), match=message):
        prepared_for("linear-probe", worded, plain_world, **changes)


def test_patience_stops_a_training_that_no_longer_gets_better(
    worded: DescriptionSet, plain_world: Path, db: Database, tmp_path: Path
) -> None:
    prepared = prepared_for("linear-probe", worded, plain_world, selection="best-val", patience=2, epochs=60)
    run, _ = run_training(db, prepared, set_version=1, out=tmp_path / "runs", machine=CPU)
    scores = [row["war"] for row in run.history]
    best = scores.index(max(scores))
    assert len(scores) == best + 3 < 60
    assert (Path(run.folder or "") / "last.safetensors").exists()


def test_votes_are_learnt_where_they_are_wanted(
    worded: DescriptionSet, plain_world: Path, db: Database, tmp_path: Path
) -> None:
    """All annotators mistook anger for surprise: with soft labels, so does the model."""
    prepared = prepared_for("linear-probe", worded, plain_world, epochs=20)
    voted = tuple(
        replace(clip, votes=((("surprise" if clip.label == "anger" else clip.label), 10.0),))
        for clip in prepared.clips.train
    )
    prepared = replace(
        prepared,
        clips=replace(prepared.clips, train=voted),
        settings=prepared.settings.model_copy(update={"soft_labels": True}),
    )
    run, _ = run_training(db, prepared, set_version=1, out=tmp_path / "runs", machine=CPU)
    assert sum(row[2] for row in run.confusion) == 0
