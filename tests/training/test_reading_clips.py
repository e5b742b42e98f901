"""What was chosen about clips reaches the loader, the order of an epoch, and later evaluations."""

import csv
import logging
from pathlib import Path

import pytest

from dfer.clips.balancing import epoch_order
from dfer.clips.dataset import READER
from dfer.clips.packing.pack import Pack
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import pack_clips
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.settings import ClipSettings
from dfer.errors import UsageError
from dfer.training import run_data
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare_with_weights_of
from dfer.training.running import Machine, run_training
from tests.training.conftest import prepared_run

CPU = Machine(accelerator="cpu", workers=0)


def test_every_dataset_of_a_run_reads_clips_as_was_chosen(described, world) -> None:
    chosen = ClipSettings(sampling="windows", downsample=2, broken_frames="skip", balance="oversample")
    prepared = prepared_run(
        described, world, clip_settings=chosen, augmentation="emoclip", selection="best-val"
    )
    datasets = run_data.datasets(prepared)
    assert set(datasets) == {"train", "val", "test"}
    for data in datasets.values():
        assert data.settings == chosen
        assert data._source is prepared.frames
        assert data._augmentation.fit == "centre-square"


def test_an_epoch_follows_the_balance_that_was_chosen(db, described, world, tmp_path: Path) -> None:
    """Half of one class is gone, so that oversampled epochs are longer: 28 clips, of them 4 a class but 2."""
    rows = list(csv.reader(world.open(encoding="utf-8")))
    fear = [row for row in rows if row[1] == "fear" and row[2] != "1"]
    listed = tmp_path / "clips.csv"
    with listed.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(row for row in rows if row not in fear[:2])
    lengths = {}
    for balance in ("none", "oversample"):
        steps = []
        prepared = prepared_run(
            described, listed, clip_settings=ClipSettings(balance=balance), epochs=1, root=world.parent
        )
        run_training(
            db,
            prepared,
            set_version=1,
            out=tmp_path / "runs",
            machine=CPU,
            on_progress=lambda progress, steps=steps: steps.append(progress.total),
        )
        labels = run_data.datasets(prepared)["train"].labels
        lengths[balance] = steps[0]
        assert steps[0] == len(epoch_order(labels, balance=balance, seed=1, epoch=1)) // 4
    assert lengths == {"none": 6, "oversample": 7}


def test_a_run_is_evaluated_as_it_was_trained(db, described, world, tmp_path: Path) -> None:
    chosen = ClipSettings(sampling="windows", downsample=2)
    prepared = prepared_run(described, world, clip_settings=chosen, augmentation="emoclip", epochs=1)
    run, _ = run_training(db, prepared, set_version=1, out=tmp_path, machine=CPU)
    again = prepare_with_weights_of(run, described, DataSource(dataset="csv", data=world))
    assert again.spec.clip_settings == chosen.chosen()
    assert again.spec.augmentation == "emoclip"


def test_runs_of_another_reader_another_choice_or_a_pack_are_other_runs(
    described, world, tmp_path: Path
) -> None:
    plain = prepared_run(described, world).spec
    assert plain.clip_reader == READER
    pack_clips(
        read_csv(world),
        tmp_path / "w.pack",
        dataset="csv",
        packing=Packing(size=64, max_frames=16),
        workers=0,
    )
    others = [
        plain.model_copy(update={"clip_reader": 1}),
        prepared_run(described, world, clip_settings=ClipSettings(short_clips="loop")).spec,
        prepared_run(described, tmp_path / "w.pack").spec,
    ]
    assert len({spec.hash for spec in (plain, *others)}) == 4
    assert len({spec.protocol_hash for spec in (plain, *others)}) == 4
    assert others[2].pack == {"size": 64, "fit": "stretch", "max_frames": 16, "broken_frames": "error"}


def test_a_pack_that_does_not_suit_the_run_is_refused_or_told(
    described, world, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "w.pack"
    pack_clips(read_csv(world), file, dataset="csv", packing=Packing(size=32, max_frames=16), workers=0)
    with pytest.raises(UsageError, match="windows are of consecutive ones"):
        prepared_run(described, file, clip_settings=ClipSettings(sampling="windows"))
    with pytest.raises(UsageError, match="--fit stretch, but augmentation emoclip"):
        prepared_run(described, file, augmentation="emoclip")
    with pytest.raises(UsageError, match="packed from csv, not from mafw"):
        DataSource(dataset="mafw", data=file).read(described.class_names)
    with pytest.raises(UsageError, match="--root does not go with a pack"):
        DataSource(dataset="csv", data=file, root=tmp_path).read(described.class_names)
    with caplog.at_level(logging.WARNING):
        prepared = prepared_run(described, file)
    assert "32 pixels; they are enlarged to the model's 64" in caplog.text
    assert isinstance(prepared.frames, Pack)
