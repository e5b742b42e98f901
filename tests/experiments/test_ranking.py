"""Sets ranked before training: the numbers of `dfer evaluate`, on validation clips and no others."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from description_store.database import open_store
from description_store.records import Combine, Description, DescriptionSet, Provenance, Rendering, Run
from description_store.runs import load_predictions
from description_store.sets import save_class_set, save_set
from dfer.class_sets import load_class_set
from dfer.clips.folds import FoldSplit, carve_validation, select_fold
from dfer.clips.synthetic.world import draw_world
from dfer.errors import ContentError, UsageError
from dfer.experiments.class_similarity import ClassSimilarity, class_similarity
from dfer.experiments.ranking import Behind, Ranking, in_order, rank
from dfer.experiments.set_scores import Scored, check_same_classes, prepare_ranking, score_sets
from dfer.experiments.set_similarity import similarity_of_set
from dfer.models.clip_backbone import load_clip
from dfer.training.data_source import DataSource
from dfer.training.loop import OnProgress, Progress
from dfer.training.preparing import prepare
from dfer.training.run_data import datasets
from dfer.training.running import Machine, run_evaluation

DFEW = load_class_set("dfew7")
MACHINE = Machine(accelerator="cpu")
Scores = tuple[float, ...]
RULES: tuple[Combine, ...] = ("joined", "mean_embedding", "mean_score", "max_score")
SEEN = [
    "lip corners pulled up, raised cheeks",
    "lip corners pulled down, drooping eyelids",
    "relaxed eyebrows, closed relaxed lips",
    "eyebrows lowered, lips pressed together",
    "eyebrows raised high, jaw dropped",
    "wrinkled nose, raised upper lip",
    "eyebrows drawn together, lips stretched",
]


def words(
    *, seed: int = 0, combine: Combine = "joined", names: tuple[str, ...] = DFEW.names, version: int = 1
) -> DescriptionSet:
    """What is seen, given to the classes in an order that `seed` draws; several texts, but where joined."""
    texts = [text if combine == "joined" else text.replace(", ", "\n") for text in SEEN]
    random.Random(seed).shuffle(texts)
    of_class = dict(zip(sorted(DFEW.names), texts, strict=True))
    return DescriptionSet(
        version=version,
        class_set=DFEW.name,
        class_set_hash=DFEW.hash,
        descriptions=tuple(
            Description(class_name=name, descriptors=("a",), text=of_class.get(name, "a face"), tokens=9)
            for name in names
        ),
        provenance=Provenance(kind="import"),
        rendering=Rendering(form="list" if combine == "joined" else "each", combine=combine),
        context_tokens=8,
    )


SETS = {rule: words(seed=place, combine=rule) for place, rule in enumerate(RULES)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """63 clips in three folds: 42 to train on in each, some of which are set aside."""
    folder = tmp_path_factory.mktemp("world") / "w"
    return draw_world(folder, class_set=DFEW, clips=63, seed=3, size=64, frames=8, folds=3)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_store(tmp_path / "dfer.db") as db:
        content = DFEW.model_dump(mode="json")["classes"]
        save_class_set(db, class_set_hash=DFEW.hash, name=DFEW.name, content=content)
        yield db


def nobody(progress: Progress) -> None:
    """Nobody listens."""


def ranked(
    sets: dict[str, DescriptionSet],
    world: Path,
    *,
    machine: Machine = MACHINE,
    on_progress: OnProgress = nobody,
    **changes,
) -> Ranking:
    options = {"architecture": "tiny", "pretrained": None, "fold": 1} | changes
    prepared = prepare_ranking(sets, DataSource(dataset="csv", data=world), **options)
    return rank(sets, prepared, machine=machine, on_progress=on_progress)


def evaluated(db: Database, found: DescriptionSet, world: Path, **changes) -> tuple[Run, list[Scores]]:
    """The run that `dfer evaluate` makes, were the clips that are set aside its test clips; their scores."""
    options = {"architecture": "tiny", "pretrained": None, "fold": 1, "overrides": {}} | changes
    source = DataSource(dataset="csv", data=world)
    prepared = prepare(found, source, recipe="zero-shot", seed=0, **options)
    clips = prepared.clips
    val = clips.val or carve_validation(clips.train, seed=prepared.spec.fold)[1]
    prepared = replace(prepared, clips=FoldSplit(train=clips.train, val=(), test=val))
    saved, _ = save_set(db, found)
    run, _ = run_evaluation(db, prepared, set_version=saved.version, machine=MACHINE, again=True)
    return run, [prediction.scores for prediction in load_predictions(db, run.id)]


def assert_as_evaluated(db: Database, sets: dict[str, DescriptionSet], world: Path, **changes) -> None:
    options = {"architecture": "tiny", "pretrained": None, "fold": 1} | changes
    prepared = prepare_ranking(sets, DataSource(dataset="csv", data=world), **options)
    scored = score_sets(sets, prepared, datasets(prepared)["val"], machine=MACHINE)
    rows = {row.set: row for row in rank(sets, prepared, machine=MACHINE).rows}
    assert rows.keys() == sets.keys()
    for name, found in sets.items():
        run, scores = evaluated(db, found, world, **changes)
        assert [tuple(row) for row in scored[name].logits.tolist()] == scores
        assert (rows[name].uar, rows[name].war) == (run.uar, run.war)


def without_test_clips(world: Path, folder: Path, *, fold: int = 1) -> Path:
    """The same clips, but every frame of the fold's test clips is no picture."""
    clips = DataSource(dataset="csv", data=world).read(DFEW.names).clips
    tested = {clip.path.name for clip in select_fold(clips, fold).test}
    (folder / "clips").mkdir(parents=True)
    (folder / "clips.csv").write_bytes(world.read_bytes())
    for clip in clips:
        own = folder / "clips" / clip.path.name
        own.mkdir()
        for frame in clip.path.iterdir():
            (own / frame.name).write_bytes(b"gone" if clip.path.name in tested else frame.read_bytes())
    return folder / "clips.csv"


def with_own_validation(world: Path, folder: Path) -> Path:
    """A list with one fixed split; the third fold is its validation split."""
    lines = world.read_text(encoding="utf-8").splitlines()
    split_of = {"1": "test", "2": "train", "3": "val"}
    rows = [line.split(",") for line in lines[1:]]
    made = [f"{world.parent / path},{label},{split_of[fold]}" for path, label, fold, *_ in rows]
    folder.mkdir(exist_ok=True)
    (folder / "clips.csv").write_text("\n".join(["path,label,split", *made, ""]), encoding="utf-8")
    return folder / "clips.csv"


def test_the_numbers_are_those_of_an_evaluation_of_the_same_clips(world: Path, db: Database) -> None:
    assert_as_evaluated(db, SETS, world)


def test_settings_of_the_model_and_of_reading_are_those_of_an_evaluation(world: Path, db: Database) -> None:
    changes = {"overrides": {"frames": 3, "pixel_normalisation": "none"}, "precision": "bf16", "fold": 2}
    assert_as_evaluated(db, SETS, world, **changes)


def test_without_kept_features_the_order_is_the_same(world: Path) -> None:
    anew = ranked(SETS, world, machine=Machine(accelerator="cpu", features=False))
    assert anew.rows == ranked(SETS, world).rows


def test_the_clips_are_those_that_best_val_would_set_aside(world: Path) -> None:
    found = ranked(SETS, world)
    train = select_fold(DataSource(dataset="csv", data=world).read(DFEW.names).clips, 1).train
    val = carve_validation(train, seed=1)[1]
    assert (found.clips, found.carved) == (len(val), True)
    assert found.clips_of == {name: sum(clip.label == name for clip in val) for name in DFEW.names}


def test_a_validation_split_of_the_data_set_is_taken_as_it_is(
    world: Path, tmp_path: Path, db: Database
) -> None:
    own = with_own_validation(world, tmp_path / "split")
    found = ranked(SETS, own)
    assert (found.clips, found.carved, found.tested_elsewhere) == (21, False, 0)
    assert_as_evaluated(db, SETS, own)


def test_test_clips_are_never_opened(world: Path, tmp_path: Path) -> None:
    gone = without_test_clips(world, tmp_path / "gone")
    assert ranked(SETS, gone).rows == ranked(SETS, world).rows
    with pytest.raises(ContentError):  # but those of another fold are this one's training clips
        ranked(SETS, gone, fold=3)


def test_clips_that_are_test_clips_of_other_folds_are_counted(world: Path) -> None:
    found = ranked(SETS, world)
    assert found.tested_elsewhere == found.clips > 0  # cross-validation: every clip is tested once


def test_frames_are_seen_once_whatever_the_number_of_sets_and_rankings(world: Path, tmp_path: Path) -> None:
    again = without_test_clips(world, tmp_path / "fresh")
    seen: list[Progress] = []
    ranked(SETS, again, on_progress=seen.append)
    assert {progress.stage for progress in seen} == {"features"}
    assert seen[-1].done == seen[-1].total == ranked(SETS, again).clips
    seen.clear()
    ranked({"another": words(seed=9)}, again, on_progress=seen.append)
    assert seen == []


def test_what_texts_are_like_is_what_sets_check_says(world: Path) -> None:
    rules: tuple[Combine, ...] = (*RULES, "mean_raw")
    sets = {rule: words(seed=1, combine=rule) for rule in rules}
    clip = load_clip(architecture="tiny", pretrained=None)
    for row in ranked(sets, world).rows:
        expected = similarity_of_set(sets[row.set], None, clip)
        assert row.mean_cosine == pytest.approx(expected.mean_cosine, abs=1e-6)
        assert row.effective_rank == pytest.approx(expected.effective_rank, abs=1e-4)
        assert row.longest == 9


def test_the_order_of_classes_does_not_matter(world: Path) -> None:
    turned = words(seed=2, names=tuple(reversed(DFEW.names)))
    rows = ranked({"one": words(seed=2), "turned": turned}, world).rows
    assert [row.set for row in rows] == ["one", "turned"]
    assert rows[0].uar == rows[1].uar
    assert rows[1].behind == Behind(uar=0.0, interval=None)


def test_sets_for_other_classes_are_refused_with_what_differs() -> None:
    fewer = words(names=DFEW.names[:-1])
    other = words(names=(*DFEW.names[:-1], "contempt"))
    with pytest.raises(ContentError) as refused:
        check_same_classes({"v1": words(), "v2": fewer, "v3": other})
    assert refused.value.message.endswith(
        f"beside v1, v2 lacks {DFEW.names[-1]}; v3 lacks {DFEW.names[-1]}; v3 also describes contempt"
    )
    with pytest.raises(UsageError):
        check_same_classes({})


def test_all_sets_whose_texts_do_not_fit_are_told_before_a_frame_is_read(world: Path) -> None:
    def too_long(name: str) -> DescriptionSet:
        long = Description(class_name=name, descriptors=("a",), text="smile " * 80, tokens=80)
        own = [long if d.class_name == name else d for d in words().descriptions]
        return words().model_copy(update={"descriptions": tuple(own)})

    sets = {"v1": too_long("anger"), "v2": words(), "v3": too_long("fear")}
    with pytest.raises(ContentError) as refused:
        prepare_ranking(
            sets, DataSource(dataset="csv", data=world), architecture="tiny", pretrained=None, fold=1
        )
    for said in ("v1, class 'anger': the description takes 80 tokens", "v3, class 'fear'"):
        assert said in refused.value.message
    assert "v2" not in refused.value.message


def similarity() -> ClassSimilarity:
    return class_similarity(
        set="any", class_names=("a", "b"), combine="joined", clip={}, embeddings=np.eye(2)
    )


def scored(*predicted: int) -> Scored:
    """Two classes; the class that each clip is taken for."""
    logits = np.eye(2, dtype=np.float32)[list(predicted)]
    return Scored(logits=logits, similarity=similarity(), longest=5)


def test_equally_good_sets_stay_in_the_order_given_and_are_not_told_apart() -> None:
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    first, second, third = in_order(
        {
            "low": scored(1, 1, 1, 1, 0, 0, 0, 0),
            "one": scored(0, 0, 1, 1, 1, 1, 1, 1),
            "two": scored(0, 0, 0, 0, 1, 1, 0, 0),
        },
        labels,
    )
    assert (first.set, second.set, third.set) == ("one", "two", "low")
    assert first.behind is None
    assert second.behind is not None
    assert third.behind is not None
    assert (second.behind.uar, second.behind.is_told) == (0.0, False)
    assert (third.behind.uar, third.behind.is_told) == (0.75, True)
