"""What the process does that is killed again and again: one training, resumed, that reports each step."""

from multiprocessing.connection import Connection
from pathlib import Path

import torch

from description_store.database import open_store
from description_store.sets import find_set
from dfer.training.data_source import DataSource
from dfer.training.preparing import prepare
from dfer.training.running import Machine, run_training

SETTINGS = {"epochs": 4, "batch_size": 4, "visual_learning_rate": 1e-3, "frames": 4}


def train_on(store: Path, data: Path, out: Path, parent: Connection) -> None:
    """Sends "step" after each, in the end the run's folder."""
    torch.set_num_threads(1)
    with open_store(store) as db:
        prepared = prepare(
            find_set(db, "v1"),
            DataSource(dataset="csv", data=data),
            recipe="dfer-clip",
            overrides=SETTINGS,
            architecture="tiny",
            pretrained=None,
            fold=1,
            seed=1,
            augmentation="mafw",
        )
        run, _ = run_training(
            db,
            prepared,
            set_version=1,
            out=out,
            machine=Machine(accelerator="cpu", keep_seconds=0),
            again=True,
            resume=True,
            on_progress=lambda progress: parent.send("step"),
        )
    parent.send(run.folder)
