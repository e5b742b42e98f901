"""Where a training stands, in one file, so that it can be killed at any step and go on to the same numbers.

The file is written whole or not at all. Nothing random is in it: what is drawn depends on seed, epoch and
clip alone, and the published recipes have no dropout.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from description_store.records import Run
from dfer.errors import ContentError
from dfer.training.checkpoint import write_whole

_log = logging.getLogger("dfer.training")

STATE = "training.safetensors"
_FORMAT = "dfer-training-1"
_KEY = "dfer"


@dataclass(kw_only=True, slots=True)
class Best:
    """The epoch that the selection prefers so far: its score, its weights, its logits (clips, classes)."""

    epoch: int
    score: float
    weights: dict[str, Tensor]
    logits: Tensor


@dataclass(kw_only=True, slots=True)
class TrainingState:
    """`step` steps of `epoch` are done; `losses` are theirs. `optimizer` is by parameter number and name."""

    epoch: int = 1
    step: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, float | None]] = field(default_factory=list)
    best: Best | None = None
    weights: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[int, dict[str, Tensor]] = field(default_factory=dict)


class StateKeeper:
    """Keeps the state of one training in its folder, every so many seconds at most."""

    def __init__(self, folder: Path, *, spec_hash: str, seconds: float) -> None:
        self._path = folder / STATE
        self._spec_hash = spec_hash
        self._seconds = seconds
        self._saved = time.monotonic()

    def offer(self, state: Callable[[], TrainingState], *, now: bool = False) -> None:
        """Called after every step; mostly nothing is done. A full disk does not end the training."""
        if not now and time.monotonic() - self._saved < self._seconds:
            return
        try:
            save_state(self._path, state(), spec_hash=self._spec_hash)
        except OSError as error:
            _log.warning("the state of the training could not be kept: %s", error)
        self._saved = time.monotonic()

    def load(self) -> TrainingState | None:
        """Raises ContentError for a damaged file."""
        return load_state(self._path) if self._path.exists() else None


def forget_state(stored: Run) -> None:
    """The run is stored: there is nothing to resume. A file that cannot be removed is a warning."""
    if stored.folder is None:
        return
    try:
        (Path(stored.folder) / STATE).unlink(missing_ok=True)
    except OSError as error:
        _log.warning("the state of a training that is done could not be removed: %s", error)


def save_state(path: Path, state: TrainingState, *, spec_hash: str) -> None:
    """Raises OSError as the disk does; what was there before is then still there."""
    tensors = {f"weights/{name}": tensor for name, tensor in state.weights.items()}
    tensors |= {f"optimizer/{n}/{name}": t for n, own in state.optimizer.items() for name, t in own.items()}
    description: dict[str, Any] = {
        "format": _FORMAT,
        "spec_hash": spec_hash,
        "epoch": state.epoch,
        "step": state.step,
        "losses": state.losses,
        "history": state.history,
        "best": None,
    }
    if state.best is not None:
        tensors |= {f"best/{name}": tensor for name, tensor in state.best.weights.items()}
        tensors["best_logits"] = state.best.logits
        description["best"] = {"epoch": state.best.epoch, "score": state.best.score}
    # Copies, because safetensors refuses tensors that share memory.
    own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    write_whole(path, lambda file: save_file(own, file, metadata={_KEY: json.dumps(description)}))


def load_state(path: Path) -> TrainingState:
    """Raises ContentError for a damaged file."""
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            found = json.loads((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        optimizer: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _below("optimizer/", tensors).items():
            number, _, what = name.partition("/")
            optimizer.setdefault(int(number), {})[what] = tensor
        best = None
        if found["best"] is not None:
            weights, logits = _below("best/", tensors), tensors["best_logits"]
            best = Best(**found["best"], weights=weights, logits=logits)
        return TrainingState(
            epoch=found["epoch"],
            step=found["step"],
            losses=found["losses"],
            history=found["history"],
            best=best,
            weights=_below("weights/", tensors),
            optimizer=optimizer,
        )
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise ContentError(
            f"cannot resume from {path}: {error}", hint="delete the file and train again without --resume"
        ) from error


def interrupted(out: Path, spec_hash: str) -> Path | None:
    """The folder of the latest interrupted training of exactly this specification, if there is one."""
    found = [path for path in out.glob(f"*/{STATE}") if _spec_hash(path) == spec_hash]
    return max(found, key=_written_at).parent if found else None


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # its training was stored meanwhile
        return 0


def _spec_hash(path: Path) -> str | None:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            spec_hash: str | None = json.loads((file.metadata() or {})[_KEY])["spec_hash"]
            return spec_hash
    except FileNotFoundError:  # its training was stored meanwhile
        return None
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        _log.warning("%s is damaged: it cannot be resumed from", path)
        return None


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): tensor for n, tensor in tensors.items() if n.startswith(prefix)}
