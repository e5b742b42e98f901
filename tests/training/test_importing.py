"""Published checkpoints as runs: what is kept, what is told, and that they compute what they did before."""

import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import torch
from sqlite_utils import Database
from torch import Tensor

from description_store.records import DescriptionSet
from description_store.runs import list_runs, load_predictions
from description_store.sets import list_sets, load_set
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.world import draw_world
from dfer.describe.describing import describe
from dfer.describe.planning import plan_questions
from dfer.describe.templates import load_template
from dfer.errors import ConfigurationError, ContentError, UsageError
from dfer.models.clip_backbone import load_clip
from dfer.models.published_names import load_published_temporal
from dfer.models.recipes import build_recogniser
from dfer.models.settings import DferClipSettings
from dfer.training.class_order import DFER_CLIP_CLASSES, in_class_order
from dfer.training.data_source import DataSource
from dfer.training.importing import Imported, Published, import_published
from dfer.training.preparing import prepare_with_weights_of
from dfer.training.rebuilding import rebuild
from dfer.training.running import Machine, run_evaluation
from dfer.training.specification import RunSpecification, words_of
from tests.models.published_files import (
    CONTEXT,
    TEXTS,
    dfer_clip_state,
    emoclip_state,
    save_dfer_clip,
    save_emoclip,
    state_for,
    temporal,
    tiny_clip,
)


@pytest.fixture(scope="module")
def dfew_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_dfer_clip(tmp_path_factory.mktemp("published") / "dfew-1.pth", state_for("dfew"))


@pytest.fixture(scope="module")
def mafw_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_dfer_clip(tmp_path_factory.mktemp("published") / "mafw-1.pth", state_for("mafw"))


def imported(
    db: Database, file: Path, out: Path, *, described: DescriptionSet | None = None, **changes
) -> Imported:
    """An import of the tiny CLIP; unknown keywords are settings."""
    options = {"recipe": "dfer-clip", "dataset": "dfew", "fold": 1, "architecture": "tiny"}
    options |= {name: changes.pop(name) for name in list(changes) if name in (*options, "seed")}
    published = Published(file=file, overrides=changes, **options)
    return import_published(db, published, description_set=described, out=out)


def test_a_dfer_clip_file_becomes_a_run_without_numbers(
    db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    made = imported(db, dfew_file, tmp_path / "runs")
    run = made.run
    assert (made.created, made.set_created, run.name, run.status) == (True, True, "r1", "imported")
    assert (run.recipe, run.dataset, run.fold, run.seed, run.selection) == (
        "dfer-clip", "dfew", 1, 1, "best-test",
    )  # fmt: skip
    assert (run.uar, run.war, run.per_class, run.confusion, run.history) == (None, None, {}, (), ())
    assert load_predictions(db, run.id) == []
    spec = RunSpecification.model_validate(run.specification)
    assert (spec.data_fingerprint, spec.augmentation, spec.hash) == ("unknown", "dfew", run.spec_hash)
    assert {name: spec.settings[name] for name in ("context_tokens", "class_specific_context", "frames")} == {
        "context_tokens": CONTEXT,
        "class_specific_context": True,
        "frames": 16,
    }
    assert (spec.settings["temporal_head_width"], spec.settings["temporal_mlp"]) == (4, 32)
    assert (run.environment["claimed_epoch"], run.environment["claimed_war"]) == ("37", "71.2500")
    assert run.environment["imported"] == "dfew-1.pth"
    assert list_runs(db) == [run]


def test_the_runs_folder_holds_all_that_is_needed(db: Database, dfew_file: Path, tmp_path: Path) -> None:
    run = imported(db, dfew_file, tmp_path / "runs").run
    assert run.folder is not None
    folder = Path(run.folder)
    assert folder.parent == tmp_path / "runs"
    assert sorted(path.name for path in folder.iterdir()) == [
        "clip.safetensors",
        "model.safetensors",
        "run.json",
    ]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [folder.name]
    told = json.loads((folder / "run.json").read_text())
    assert told["spec_hash"] == run.spec_hash
    assert told["descriptions"] == {name: TEXTS[name] for name in DFER_CLIP_CLASSES["dfew"]}
    assert run.environment["pretrained"] == str(folder / "clip.safetensors")


def test_words_are_recovered_and_saved_with_where_they_come_from(
    db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    made = imported(db, dfew_file, tmp_path / "runs")
    stored = load_set(db, made.run.set_version)
    assert stored.texts == {name: TEXTS[name] for name in DFER_CLIP_CLASSES["dfew"]}
    assert stored.descriptions[1].descriptors == (
        "tears", "a downward turned mouth", "drooping upper eyelids",
    )  # fmt: skip
    assert (stored.class_set, stored.provenance.kind, stored.context_tokens) == ("dfew7", "import", CONTEXT)
    assert stored.provenance.imported is not None
    assert stored.provenance.imported["file"] == "dfew-1.pth"
    assert stored.provenance.imported["sha256"] == made.run.environment["imported_sha256"]


def test_an_imported_run_computes_what_its_file_does(db: Database, dfew_file: Path, tmp_path: Path) -> None:
    run = imported(db, dfew_file, tmp_path / "runs").run
    settings = DferClipSettings(
        context_tokens=CONTEXT, temporal_heads=8, temporal_head_width=4, temporal_mlp=32
    )
    other = build_recogniser(
        clip=load_clip(architecture="tiny", pretrained=None, seed=5),
        texts=[TEXTS[name] for name in DFER_CLIP_CLASSES["dfew"]],
        settings=settings,
    )
    other.load_trainable_state(
        {
            **other.trainable_state(),
            **{f"temporal.{ours}": t for ours, t in load_published_temporal(temporal()).items()},
            "text_side.context": state_for("dfew")["module.prompt_learner.ctx"],
        }
    )
    pixels = torch.rand(2, 16, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.allclose(rebuild(run)(pixels), other(pixels), atol=1e-4)


def test_an_imported_run_is_evaluated_with_its_own_and_with_other_words(
    db: Database, dfew_file: Path, described: DescriptionSet, world: Path, tmp_path: Path
) -> None:
    made = imported(db, dfew_file, tmp_path / "runs")
    source = DataSource(dataset="csv", data=world)
    scores = []
    for words in (made.description_set, described):
        prepared = prepare_with_weights_of(made.run, words, source)
        run, created = run_evaluation(
            db, prepared, set_version=words.version, machine=Machine(accelerator="cpu")
        )
        assert (created, run.status, run.set_version) == (True, "finished", words.version)
        assert run.uar is not None
        scores.append([prediction.scores for prediction in load_predictions(db, run.id)])
    assert scores[0] != scores[1]


def test_mafws_classes_stay_in_dfer_clips_order_and_its_set_in_the_class_sets(
    db: Database, mafw_file: Path, tmp_path: Path
) -> None:
    made = imported(db, mafw_file, tmp_path / "runs", dataset="mafw")
    assert tuple(made.run.specification["classes"]) == DFER_CLIP_CLASSES["mafw"]
    assert made.description_set.class_names == load_class_set("mafw11").names
    assert made.description_set.texts == TEXTS
    assert dict(zip(*(made.run.specification[part] for part in ("classes", "texts")), strict=True)) == TEXTS
    assert rebuild(made.run).text_features() is not None


def test_another_set_in_the_class_sets_order_is_put_into_the_runs(
    db: Database, mafw_file: Path, tmp_path: Path
) -> None:
    mafw = load_class_set("mafw11")
    world = draw_world(tmp_path / "w", class_set=mafw, clips=22, seed=3, size=64, folds=2)
    run = imported(db, mafw_file, tmp_path / "runs", dataset="mafw").run
    questions = plan_questions(mafw, load_template("dfer-clip"), model="builtin/facs")
    other = describe(db, questions).description_set
    prepared = prepare_with_weights_of(run, other, DataSource(dataset="csv", data=world))
    assert prepared.spec.classes == DFER_CLIP_CLASSES["mafw"] != other.class_names
    assert dict(prepared.spec.classes_and_texts) == other.texts
    assert prepared.spec.set_hash == other.hash


def test_words_that_the_store_has_are_not_saved_again(db: Database, dfew_file: Path, tmp_path: Path) -> None:
    first = imported(db, dfew_file, tmp_path / "runs")
    second = imported(db, dfew_file, tmp_path / "runs", fold=2)
    assert (second.created, second.set_created) == (True, False)
    assert second.run.set_version == first.run.set_version
    assert len(list_sets(db)) == 1


def test_the_same_import_again_is_the_same_run(db: Database, dfew_file: Path, tmp_path: Path) -> None:
    first = imported(db, dfew_file, tmp_path / "runs")
    again = imported(db, dfew_file, tmp_path / "runs")
    assert (again.run, again.created) == (first.run, False)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_an_import_that_cannot_be_stored_leaves_no_folder(
    db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="disk is full"):
        imported(db, dfew_file, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []
    db.execute("DROP TRIGGER full")
    made = imported(db, dfew_file, tmp_path / "runs")
    assert [str(path) for path in (tmp_path / "runs").iterdir()] == [made.run.folder]


def test_what_a_killed_import_left_is_removed_after_a_day(
    db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    old, young = (tmp_path / "runs" / f".importing-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "clip.safetensors").write_bytes(bytes(100))
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    os.utime(young, (time.time() - 23 * 3600,) * 2)
    imported(db, dfew_file, tmp_path / "runs")
    assert (old.exists(), young.exists()) == (False, True)


def test_an_import_whose_folder_was_deleted_is_made_again(
    db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    first = imported(db, dfew_file, tmp_path / "runs")
    shutil.rmtree(tmp_path / "runs")
    again = imported(db, dfew_file, tmp_path / "runs")
    assert (again.created, again.run.name, again.run.spec_hash) == (True, "r2", first.run.spec_hash)


def test_words_that_cannot_be_recovered_must_be_named(
    db: Database, described: DescriptionSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = state_for("dfew")
    state["module.prompt_learner.token_suffix"] = state["module.prompt_learner.token_suffix"] + 0.5
    file = save_dfer_clip(tmp_path / "changed.pth", state)
    with pytest.raises(ContentError, match=r"changed\.pth: its words cannot be recovered") as caught:
        imported(db, file, tmp_path / "runs")
    assert "--descriptions" in caught.value.hint
    with caplog.at_level("WARNING", logger="dfer.training"):
        made = imported(db, file, tmp_path / "runs", described=described)
    assert (made.set_created, made.run.set_hash) == (False, described.hash)
    assert "its words could not be checked against the file: token 1 of class 1 is no row" in caplog.text


def test_a_text_that_no_words_have_is_not_made_up(db: Database, tmp_path: Path) -> None:
    classes = DFER_CLIP_CLASSES["dfew"]
    state = dfer_clip_state(
        clip=tiny_clip(),
        temporal=temporal(),
        context=torch.zeros(7, CONTEXT, 128),
        texts=classes,
        # "ab" in two tokens that CLIP would have merged.
        description_tokens=[[64, 321], *([1000 + number] for number in range(6))],
    )
    file = save_dfer_clip(tmp_path / "odd.pth", state)
    with pytest.raises(ContentError, match="its words cannot be recovered"):
        imported(db, file, tmp_path / "runs")


def test_a_run_is_not_filed_under_words_it_was_not_trained_with(
    db: Database, dfew_file: Path, described: DescriptionSet, tmp_path: Path
) -> None:
    with pytest.raises(ContentError, match="happiness was trained with 'smiling mouth, raised cheeks"):
        imported(db, dfew_file, tmp_path / "runs", described=described)
    own = imported(db, dfew_file, tmp_path / "runs").description_set
    assert imported(db, dfew_file, tmp_path / "runs", described=own, fold=3).created


def test_words_for_another_number_of_classes_are_told_also_where_the_context_is_shared(
    db: Database, described: DescriptionSet, tmp_path: Path
) -> None:
    """No tensor of the model has the number of classes then, and nobody knows AFEW's order."""
    state = dfer_clip_state(
        clip=tiny_clip(),
        temporal=temporal(),
        context=torch.zeros(CONTEXT, 128),
        texts=[TEXTS[name] for name in DFER_CLIP_CLASSES["mafw"]],
    )
    file = save_dfer_clip(tmp_path / "shared.pth", state)
    with pytest.raises(ContentError, match=r"shared\.pth: has 11 classes, v1 describes 7"):
        imported(db, file, tmp_path / "runs", described=described, dataset="afew")


def test_what_no_tensor_tells_is_a_setting(db: Database, dfew_file: Path, tmp_path: Path) -> None:
    run = imported(db, dfew_file, tmp_path / "runs", description_position="middle", temporal_heads=4).run
    settings = run.specification["settings"]
    assert (settings["description_position"], settings["temporal_heads"]) == ("middle", 4)
    assert settings["temporal_head_width"] == 8


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"recipe": "coop"}, UsageError, "no weights of the recipe 'coop' are published"),
        ({"dataset": "imagenet"}, UsageError, "unknown data set 'imagenet'"),
        ({"dataset": "afew"}, UsageError, "in which order a checkpoint for afew has its classes"),
        ({"dataset": "mafw"}, ContentError, "has 7 classes, a checkpoint for mafw has 11"),
        ({"context_tokens": 8}, UsageError, "context_tokens=8 is not what the file holds: context_tokens=4"),
        ({"temporal_heads": 7}, ContentError, "cannot be those of 7 heads"),
        ({"temporal_heads": "many"}, UsageError, "temporal_heads='many' is no number"),
        ({"lr": 1}, UsageError, "dfer-clip has no setting lr"),
        ({"architecture": "ViT-X"}, UsageError, "no architecture 'ViT-X'"),
        ({"recipe": "emoclip"}, ContentError, "no checkpoint of emoclip: it holds 'prompt_learner.ctx'"),
    ],
)
def test_what_does_not_fit_is_told_and_leaves_nothing_behind(
    changes: dict, error: type, said: str, db: Database, dfew_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        imported(db, dfew_file, tmp_path / "runs", **changes)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert list_runs(db) == []
    assert list_sets(db) == []
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("module.image_encoder.proj", None, "missing: visual.proj"),
        ("module.image_encoder.proj", torch.zeros(3, 3), "visual.proj is 3×3 instead of"),
        ("module.temporal_net.cls_token", torch.zeros(1, 1, 8), "temporal.cls is 1×1×8 instead of"),
        ("module.temporal_net.temporal_transformer.layers.0.9.weight", torch.zeros(1), "is not a name in"),
        (
            "module.prompt_learner.ctx",
            torch.zeros(6, CONTEXT, 128),
            "text_side.context is 6×4×128 instead of 7×4×128",
        ),
        ("module.image_encoder.more", torch.zeros(1), "unexpected: visual.more"),
        ("module.clip_model_.ln_final.bias", None, "text_encoder.ln_final.bias, but no clip_model_"),
        ("module.clip_model_.logit_scale", None, "missing: logit_scale"),
        ("module.text_encoder.ln_final.bias", torch.ones(128), "its text tower was trained or replaced"),
        ("module.head.weight", torch.zeros(1), "holds 'head.weight', which is no part"),
    ],
)
def test_a_file_whose_tensors_do_not_fit_is_told_by_their_names(
    name: str, tensor: Tensor | None, said: str, db: Database, tmp_path: Path
) -> None:
    state = state_for("dfew")
    state = {kept: t for kept, t in state.items() if kept != name} | (
        {} if tensor is None else {name: tensor}
    )
    file = save_dfer_clip(tmp_path / "odd.pth", state)
    with pytest.raises((ContentError, ConfigurationError)) as caught:
        imported(db, file, tmp_path / "runs")
    assert caught.value.message.startswith(f"{file}: ")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert (list_runs(db), list_sets(db)) == ([], [])
    assert list(tmp_path.glob("runs/*")) == []


def test_emoclips_file_is_evaluated_with_any_words(
    db: Database, described: DescriptionSet, control: DescriptionSet, world: Path, tmp_path: Path
) -> None:
    state = emoclip_state(
        clip=tiny_clip(), temporal=temporal(positions=40, layers=2), scale=torch.tensor(4.25)
    )
    file = save_emoclip(tmp_path / "emoclip.pth", state)
    with pytest.raises(UsageError, match="a checkpoint of emoclip holds no words"):
        imported(db, file, tmp_path / "runs", recipe="emoclip", dataset="mafw")
    made = imported(db, file, tmp_path / "runs", described=described, recipe="emoclip", dataset="mafw")
    settings = made.run.specification["settings"]
    assert (settings["temporal_positions"], settings["temporal_layers"]) == (40, 2)
    assert made.run.specification["clip_settings"]["sampling"] == "windows"
    recogniser = rebuild(made.run)
    assert recogniser.state_dict()["head.logit_scale"] == torch.tensor(4.25)
    assert torch.equal(recogniser.state_dict()["visual.proj"], state["module.backbone.visual.proj"].float())
    prepared = prepare_with_weights_of(made.run, control, DataSource(dataset="csv", data=world))
    run, _ = run_evaluation(db, prepared, set_version=control.version, machine=Machine(accelerator="cpu"))
    assert (run.status, run.recipe) == ("finished", "emoclip")


def test_words_in_another_order_are_the_same_words(described: DescriptionSet) -> None:
    spec = RunSpecification(
        **words_of(described),
        recipe="dfer-clip", settings={}, clip={}, dataset="csv", data_fingerprint="x", fold=1, seed=1,
        selection="last", augmentation="none", precision="fp32",
    )  # fmt: skip
    turned = in_class_order(spec, spec.classes[::-1])
    assert turned.classes == spec.classes[::-1]
    assert dict(turned.classes_and_texts) == dict(spec.classes_and_texts)
    assert (turned.set_hash, turned.hash == spec.hash) == (spec.set_hash, False)
    assert in_class_order(turned, spec.classes) == spec
    with pytest.raises(ContentError, match="the weights are for the classes joy, grief"):
        in_class_order(spec, ("joy", "grief"))
    with pytest.raises(ContentError, match="the weights are for"):
        in_class_order(spec, spec.classes[:-1])
