"""TensorBoard logs, read back as TensorBoard reads them."""

import importlib.util
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from dfer.errors import ConfigurationError
from dfer.training.loop import Progress
from dfer.training.running import Machine, run_training
from dfer.training.tensorboard import TensorBoardLog
from tests.training.conftest import prepared_run

ALWAYS = Machine(accelerator="cpu", keep_seconds=0)


class Stop(Exception):
    """Stands for whatever ends a training."""


def train(db, prepared, folder: Path, **options):
    return run_training(
        db,
        prepared,
        set_version=1,
        out=folder / "runs",
        tensorboard=folder / "logs",
        machine=ALWAYS,
        again=True,
        **options,
    )[0]


def shown(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder)).Reload()


def points(log: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in log.Scalars(tag)]


def single(value: float) -> float:
    """As it comes back from 32 bits."""
    return pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("selection", "judged_on"), [("last", None), ("best-val", "val"), ("best-test", "test")]
)
def test_each_epoch_is_a_point_of_the_curves_that_the_run_has_stored(
    db, described, world, tmp_path: Path, selection: str, judged_on: str | None
) -> None:
    run = train(db, prepared_run(described, world, selection=selection, frames=4), tmp_path)
    assert [path.name for path in (tmp_path / "logs").iterdir()] == [Path(run.folder or "").name]
    log = shown(tmp_path / "logs" / Path(run.folder or "").name)
    curves = {"train/loss": "loss"}
    if judged_on:
        curves |= {f"{judged_on}/uar": "uar", f"{judged_on}/war": "war"}
    assert set(log.Tags()["scalars"]) == {*curves, "selected/uar", "selected/war"}
    for tag, column in curves.items():
        assert points(log, tag) == [(row["epoch"], single(row[column])) for row in run.history]
    assert [value for _, value in points(log, "selected/uar")] == [single(run.uar)]
    assert [value for _, value in points(log, "selected/war")] == [single(run.war)]


def test_in_the_end_the_words_and_the_settings_stand_beside_the_curves(
    db, described, world, tmp_path: Path
) -> None:
    prepared = prepared_run(described, world, epochs=1, frames=4)
    run = train(db, prepared, tmp_path)
    log = shown(tmp_path / "logs" / Path(run.folder or "").name)
    (texts,) = log.Tensors("texts/text_summary")
    said = texts.tensor_proto.string_val[0].decode()
    assert all(f"| {d.class_name} | {d.text} |" in said for d in described.descriptions)
    (settings,) = log.Tensors("specification/text_summary")
    assert run.spec_hash in settings.tensor_proto.string_val[0].decode()
    start = log.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    chosen = HParamsPluginData.FromString(start).session_start_info.hparams
    assert chosen["set"].string_value == described.name
    assert chosen["recipe"].string_value == "dfer-clip"
    assert chosen["batch_size"].number_value == 4


def test_a_resumed_training_goes_on_with_its_curves_and_repeats_no_epoch(
    db, described, world, tmp_path: Path
) -> None:
    def prepared():
        return prepared_run(described, world, selection="best-val", epochs=4, frames=4)

    def stop_in_epoch_3(progress: Progress) -> None:
        if (
            progress.epoch == 3 and progress.stage == "val"
        ):  # its steps are kept, but it is not in the history
            raise Stop

    with pytest.raises(Stop):
        train(db, prepared(), tmp_path, on_progress=stop_in_epoch_3)
    run = train(db, prepared(), tmp_path, resume=True)
    (folder,) = (tmp_path / "logs").iterdir()
    assert len(list(folder.iterdir())) == 2  # a file by each process
    assert points(shown(folder), "val/war") == [(row["epoch"], single(row["war"])) for row in run.history]


def test_what_was_written_of_an_epoch_that_is_trained_again_no_longer_counts(
    described, world, tmp_path: Path
) -> None:
    """Killed after epoch 2 was shown, with the state of epoch 1 on disk."""
    spec = prepared_run(described, world).spec
    for epochs, loss in (((1, 2), 3.0), ((2, 3), 1.0)):
        log = TensorBoardLog(tmp_path / "log", spec)
        for epoch in epochs:
            log.on_epoch({"epoch": epoch, "loss": loss, "uar": None, "war": None})
    assert points(shown(tmp_path / "log"), "train/loss") == [(1, 3.0), (2, 1.0), (3, 1.0)]


def test_a_disk_that_cannot_be_written_ends_the_log_and_not_the_training(
    db, described, world, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    run = train(db, prepared_run(described, world, frames=4), tmp_path)
    assert run.status == "finished"
    assert len([r for r in caplog.records if "TensorBoard log" in r.message]) == 1


def test_where_tensorboard_is_missing_it_is_said_how_to_install_it(
    described, world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as error:
        TensorBoardLog(tmp_path, prepared_run(described, world).spec)
    assert error.value.hint == "pip install 'dfer[tensorboard]'"
