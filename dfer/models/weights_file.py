"""Read a file of weights without running what is in it: safetensors, or PyTorch's tensors-only reader."""

import hashlib
import os
import pickle
import warnings
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from dfer.errors import ConfigurationError
from dfer.models.zip_archive import open_archive

NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size")
"""Plain numbers that OpenAI's archives keep among their weights."""

FETCH_AGAIN = "Fetch or copy the file again; safetensors is the safest format."


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises ConfigurationError if it cannot be read."""
    require_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights(path: Path) -> dict[str, Tensor]:
    """The named tensors of a `.safetensors` file or a `torch.save` file, on the CPU, in the file's precision.

    A training checkpoint's `state_dict` is unwrapped and DistributedDataParallel's `module.` prefix removed.
    Raises ConfigurationError, in one line, when the file is absent, damaged, or would have to run code.
    """
    require_file(path)
    return _named_tensors(path, _load(path))


def require_file(path: Path) -> None:
    """Raises ConfigurationError unless there is a file that can be read."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise ConfigurationError(f"{path}: {found}; expected a file of weights")
    if not os.access(path, os.R_OK):
        raise ConfigurationError(f"{path}: no permission to read it")


def _load(path: Path) -> object:
    if path.suffix == ".safetensors":
        try:
            return load_file(path, device="cpu")
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            raise ConfigurationError(
                f"{path}: damaged or not a safetensors file ({first_line(error)})", hint=FETCH_AGAIN
            ) from error
    if is_torchscript(path):
        raise ConfigurationError(
            f"{path}: a TorchScript program (OpenAI's own download format), not a file of weights",
            hint="Use the tag `openai`, or, if you trust the file, convert it once: "
            "torch.save(torch.jit.load(FILE, map_location='cpu').state_dict(), NEW_FILE)",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on how the file was pickled; only its tensors matter
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # torch's own message advises `weights_only=False`, which would run whatever the file says.
        raise ConfigurationError(
            f"{path}: damaged, or holds Python objects besides tensors; dfer never runs code from a file",
            hint=f"Save only the tensors (the `state_dict`), best as safetensors. {FETCH_AGAIN}",
        ) from error
    except Exception as error:  # a broken file can fail anywhere in the reader, in any way
        raise ConfigurationError(
            f"{path}: damaged or not a file of weights ({first_line(error)})", hint=FETCH_AGAIN
        ) from error


def _named_tensors(path: Path, content: object) -> dict[str, Tensor]:
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not content:
        raise ConfigurationError(f"{path}: holds no named tensors; expected a model's `state_dict`")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ConfigurationError(
                f"{path}: {name!r} is not a named tensor; expected a model's `state_dict`"
            )
    weights = {name: tensor for name, tensor in content.items() if name not in NOT_WEIGHTS}
    if all(name.startswith("module.") for name in weights):
        weights = {name.removeprefix("module."): tensor for name, tensor in weights.items()}
    return weights


def is_torchscript(path: Path) -> bool:
    """Whether the file is a program of torch.jit, as OpenAI publishes CLIP. Not, if it cannot be read."""
    try:
        with open_archive(path) as archive:
            return has_torchscript(archive)
    except Exception:  # a broken archive can fail in any way; whoever reads the file next says which
        return False


def has_torchscript(archive: zipfile.ZipFile) -> bool:
    """Whether the archive is a program of torch.jit, as OpenAI publishes CLIP."""
    return any(name.endswith("/constants.pkl") for name in archive.namelist())


def first_line(error: Exception) -> str:
    """What a library said, cut to one line: some say pages."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
