"""A trained run on disk: `model.safetensors` beside `run.json`, readable without the database.

Where another epoch than the last was selected, the last one's weights are in `last.safetensors`.

The weights are what training made (temporal model, context, image tower); CLIP's frozen text tower is loaded
from where it came from.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from dfer.errors import ContentError

WEIGHTS, LAST, DESCRIPTION = "model.safetensors", "last.safetensors", "run.json"


def save_checkpoint(
    folder: Path,
    *,
    weights: Mapping[str, Tensor],
    description: Mapping[str, Any],
    last: Mapping[str, Tensor] | None = None,
) -> None:
    """Write the selected weights, those of the last epoch where they are others, and the description.

    Each file appears whole or not at all, the description after the others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, state in {LAST: last, WEIGHTS: weights}.items():
        if state is not None:
            tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
            write_whole(folder / name, partial(save_file, tensors))
    text = json.dumps(description, ensure_ascii=False, indent=2)
    write_whole(folder / DESCRIPTION, lambda path: path.write_text(text, encoding="utf-8"))


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and description. Safetensors hold numbers only: loading them runs no code.

    Raises:
        ContentError: a file is missing or damaged.
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        return load_file(folder / WEIGHTS), description
    except OSError as error:
        raise ContentError(
            f"no checkpoint in {folder}: {error.strerror} ({error.filename})",
            hint="was the folder moved or deleted? Train again with --again",
        ) from error
    except (ValueError, SafetensorError) as error:
        raise ContentError(f"the checkpoint in {folder} is damaged: {error}") from error


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """`write` is given another path, which takes the place of `path` once it is complete.

    Raises OSError as the disk does.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        write(Path(temporary))
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp's files are for their owner alone
        Path(temporary).replace(path)
    except SafetensorError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {error}") from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
