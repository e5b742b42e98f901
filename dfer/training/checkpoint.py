"""A trained run on disk: `model.safetensors` beside `run.json`, readable without the database.

The weights are what training made (temporal model, context, image tower); CLIP's frozen text tower is loaded
from where it came from.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from dfer.errors import ContentError

WEIGHTS, DESCRIPTION = "model.safetensors", "run.json"


def save_checkpoint(folder: Path, *, weights: Mapping[str, Tensor], description: Mapping[str, Any]) -> None:
    """Write both files; each appears whole or not at all, the description last."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    _write_whole(folder / WEIGHTS, lambda path: save_file(tensors, path))
    text = json.dumps(description, ensure_ascii=False, indent=2)
    _write_whole(folder / DESCRIPTION, lambda path: path.write_text(text, encoding="utf-8"))


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


def _write_whole(path: Path, write: Any) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        write(Path(temporary))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
