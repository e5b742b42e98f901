"""A training as TensorBoard shows it: curves while it goes on, in the end its words and settings."""

import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfer.errors import ConfigurationError
from dfer.training.loop import JUDGED_ON, Trained
from dfer.training.specification import RunSpecification

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_log = logging.getLogger("dfer.training")


def check_installed() -> None:
    """Raises ConfigurationError: TensorBoard, which is optional, is not there."""
    if importlib.util.find_spec("tensorboard") is None:
        raise ConfigurationError("TensorBoard is not installed", hint="pip install 'dfer[tensorboard]'")


class TensorBoardLog:
    """Writes "train/loss", "val/uar", "test/war" … of each epoch, and what the selected one scores.

    A resumed training goes on in the same folder: what an interrupted one wrote of epochs that are trained
    again no longer counts. A disk that is full ends the log, not the training.
    """

    def __init__(self, folder: Path | None, spec: RunSpecification) -> None:
        """Without a folder nothing is written. Raises as `check_installed`."""
        if folder is not None:
            check_installed()
        self._folder = folder
        self._spec = spec
        self._writer: SummaryWriter | None = None
        self._ended = folder is None

    def on_epoch(self, row: Mapping[str, float | None]) -> None:
        """A row of the training's history."""
        judged_on = JUDGED_ON[self._spec.selection]
        epoch = int(row["epoch"] or 0)
        tags = {"loss": "train/loss", "uar": f"{judged_on}/uar", "war": f"{judged_on}/war"}

        def write(writer: "SummaryWriter") -> None:
            for name, tag in tags.items():
                if (value := row[name]) is not None:
                    writer.add_scalar(tag, value, epoch)

        self._write(write, epoch=epoch)

    def on_trained(self, trained: Trained) -> None:
        """The selected epoch's scores on the test clips, beside what was trained: words, recipe, settings."""
        spec = self._spec
        scores = {"selected/uar": trained.metrics.uar, "selected/war": trained.metrics.war}

        def write(writer: "SummaryWriter") -> None:
            from torch.utils.tensorboard.summary import hparams

            for tag, value in scores.items():
                writer.add_scalar(tag, value, trained.epoch)
            writer.add_text("texts", _table(dict(spec.classes_and_texts)))
            writer.add_text("specification", _table(_chosen(spec) | {"hash": spec.hash}))
            # Not `writer.add_hparams`: that makes a further folder for them.
            for summary in hparams(_chosen(spec), scores):  # type: ignore[no-untyped-call]
                writer.file_writer.add_summary(summary)  # type: ignore[attr-defined]

        self._write(write, epoch=len(trained.history) + 1)

    def close(self) -> None:
        if self._writer is not None:
            self._write(lambda writer: writer.close(), epoch=0)

    def _write(self, write: "Callable[[SummaryWriter], None]", *, epoch: int) -> None:
        """The writer is made by the first epoch of this process, from which on older entries are void."""
        if self._ended:
            return
        from torch.utils.tensorboard import SummaryWriter

        try:
            if self._writer is None:
                self._writer = SummaryWriter(str(self._folder), purge_step=epoch)
            write(self._writer)
            self._writer.flush()
        except OSError as error:
            self._ended = True
            _log.warning("the TensorBoard log in %s ends here: %s", self._folder, error)


def _chosen(spec: RunSpecification) -> dict[str, Any]:
    """Numbers, words and switches by name; the recipe's settings among them."""
    found = {
        "set": spec.set,
        "recipe": spec.recipe,
        "dataset": spec.dataset,
        "fold": spec.fold,
        "seed": spec.seed,
        "selection": spec.selection,
        "augmentation": spec.augmentation,
        "precision": spec.precision,
        "clip": spec.clip["architecture"],
    }
    found |= spec.settings
    return {name: value for name, value in found.items() if isinstance(value, bool | int | float | str)}


def _table(rows: Mapping[str, Any]) -> str:
    """Markdown, as TensorBoard shows texts; one that has several lines stays in its cell."""
    cells = {name: str(value).replace("|", "\\|").replace("\n", "<br>") for name, value in rows.items()}
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in cells.items())])
