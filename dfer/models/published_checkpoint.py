"""A checkpoint as DFER-CLIP and EmoCLIP publish it, read without running what is in it.

`torch.save` writes an uncompressed zip archive: `data.pkl`, a pickle, and one entry per tensor storage. The
pickle is read as data (`inert_pickle`); of the names that it may hold, the only class is `RecorderMeter`,
DFER-CLIP's record of its training, which is passed over. Tensors are made here, from storages whose sizes are
checked first.
"""

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dfer.errors import ConfigurationError
from dfer.models.inert_pickle import MAPPING, Call, Name, NotInert, Outside, read_pickle
from dfer.models.weights_file import FETCH_AGAIN, first_line, has_torchscript, read_weights, require_file
from dfer.models.zip_archive import open_archive

STORAGES = {
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch BFloat16Storage": torch.bfloat16,
    "torch DoubleStorage": torch.float64,
    "torch LongStorage": torch.int64,
}
TENSOR, PARAMETER = "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"
RECORDER = (
    "__main__ RecorderMeter",
    *("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"),
    *("numpy ndarray", "numpy dtype", "_codecs encode"),
)
"""DFER-CLIP's record of its training, and the arrays in it."""
ADMITTED = frozenset({MAPPING, TENSOR, PARAMETER, *STORAGES, *RECORDER})

LARGEST_PICKLE = 2**20
"""Bytes; that of a ViT-L/14 with its optimiser is a quarter of it."""
MOST_SHARING = 3
"""How many times as large as the numbers in the file its tensors may be: DFER-CLIP names each tower twice."""
MOST_DIMENSIONS = 8
LOCAL_HEADER = 30
"""Bytes that a zip archive spends on an entry at least."""


@dataclass(frozen=True, kw_only=True)
class PublishedCheckpoint:
    """`state`: the named tensors on the CPU, in the file's precision, without the prefix `module.`. Tensors
    that share memory in the file share it here. The rest is what the file says of itself, unchecked."""

    state: dict[str, Tensor]
    epoch: int | None = None
    """From 1."""
    best_accuracy: float | None = None
    """WAR on the test clips, in per cent, as its training counted it."""


def read_published(path: Path) -> PublishedCheckpoint:
    """Read `{"state_dict": …, "epoch": …}` (DFER-CLIP) or a bare state dict (EmoCLIP), or safetensors.

    Raises ConfigurationError, in one line, when the file is absent or damaged, is of another kind, holds
    numbers that are none, or asks for anything but tensors and DFER-CLIP's record.
    """
    require_file(path)
    if path.suffix == ".safetensors":
        return PublishedCheckpoint(state=_checked(path, read_weights(path)))
    try:
        with open_archive(path) as archive:
            if has_torchscript(archive):
                raise ConfigurationError(
                    f"{path}: a TorchScript program, not a checkpoint; dfer never runs code from a file",
                    hint="Name the .pth file that the authors publish.",
                )
            return _read(path, archive)
    except _Refused as error:
        raise ConfigurationError(f"{path}: {error}", hint=FETCH_AGAIN) from error
    except NotInert as error:
        raise ConfigurationError(
            f"{path}: not a published checkpoint, nothing in it was run ({error})",
            hint="Name a file that DFER-CLIP or EmoCLIP publish, or save only its `state_dict`.",
        ) from error
    except zipfile.BadZipFile as error:
        raise ConfigurationError(
            f"{path}: damaged, or not written by PyTorch 1.6 or later ({first_line(error)})",
            hint=FETCH_AGAIN,
        ) from error
    except ConfigurationError:
        raise
    except Exception as error:  # a broken archive can fail anywhere in the reader, in any way
        raise ConfigurationError(f"{path}: damaged ({first_line(error)})", hint=FETCH_AGAIN) from error


class _Refused(ValueError):
    """What is wrong with a file, in one line."""


def _read(path: Path, archive: zipfile.ZipFile) -> PublishedCheckpoint:
    entries = _entries(archive)
    if entries["data.pkl"].file_size > LARGEST_PICKLE:
        raise _Refused(f"its pickle has more than {LARGEST_PICKLE // 2**20} MB")
    order = entries.get("byteorder")
    if order is not None and (order.file_size > 10 or archive.read(order) != b"little"):
        raise _Refused("its numbers are not in little-endian order")
    content = read_pickle(archive.read(entries["data.pkl"]), admitted=ADMITTED)
    tensors = _Tensors(archive, entries)
    if type(content) is not dict:
        raise _Refused("holds no named tensors; expected a model's `state_dict`")
    named = content.get("state_dict", content)
    if type(named) is not dict or not named:
        raise _Refused("holds no named tensors; expected a model's `state_dict`")
    state = {}
    for name, value in named.items():
        if type(name) is not str or not isinstance(value, Call):
            raise _Refused(f"{str(name)[:80]!r} is not a named tensor; expected a model's `state_dict`")
        state[name] = tensors.make(name, value)
    if sum(tensor.nbytes for tensor in state.values()) > MOST_SHARING * tensors.bytes_read:
        raise _Refused(f"its tensors are more than {MOST_SHARING} times as large as the numbers in it")
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    about = content if named is not content else {}
    return PublishedCheckpoint(state=_checked(path, state), **_of_training(about, tensors))


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's entries without their folder. As torch writes them none is packed, none lies in another.

    So nothing in the archive is larger than the archive.
    """
    found: dict[str, zipfile.ZipInfo] = {}
    pickles = [info.filename for info in archive.infolist() if info.filename.endswith("/data.pkl")]
    if len(pickles) != 1 or pickles[0].count("/") != 1:
        raise _Refused("a zip archive, but not one of `torch.save`")
    folder = pickles[0].removesuffix("data.pkl")
    free_from = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        name = info.filename.removeprefix(folder)
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise _Refused(f"its entry {name[:80]!r} is compressed, which torch never does")
        if info.flag_bits & 1:
            raise _Refused(f"its entry {name[:80]!r} is encrypted")
        if name in found or info.header_offset < free_from:
            raise _Refused(f"its entry {name[:80]!r} stands twice, or in another one's place")
        found[name] = info
        free_from = info.header_offset + LOCAL_HEADER + info.compress_size
    if free_from > archive.start_dir:
        raise _Refused("cut off")
    return found


class _Tensors:
    """Makes tensors of calls of torch's rebuilding functions; what shares a storage shares it here."""

    def __init__(self, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> None:
        self.archive = archive
        self.entries = entries
        self.storages: dict[str, Tensor] = {}

    @property
    def bytes_read(self) -> int:
        return sum(storage.nbytes for storage in self.storages.values())

    def make(self, name: str, call: Call) -> Tensor:
        """Raises _Refused unless the tensor lies within its storage and is no larger."""
        try:
            return self._made(call)
        except _Refused as error:
            raise _Refused(f"{name[:80]!r}: {error}") from error

    def _made(self, call: Call) -> Tensor:
        if call.name == PARAMETER and call.arguments and isinstance(call.arguments[0], Call):
            call = call.arguments[0]
        if call.name != TENSOR or len(call.arguments) < 4:
            raise _Refused("not built as torch builds tensors")
        place, offset, size, stride = call.arguments[:4]
        if not (_counts((offset,)) and _counts(size) and _counts(stride)) or len(size) != len(stride):
            raise _Refused("its shape is no shape")
        storage = self._storage(place)
        count = math.prod(size)
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if count > len(storage) or (count and last >= len(storage)):
            raise _Refused("larger than its storage")
        if not count:
            return torch.empty(0, dtype=storage.dtype).reshape(size)
        return storage.as_strided(size, stride, offset)

    def _storage(self, place: Any) -> Tensor:
        """(elements,), read once."""
        match place:
            case Outside(("storage", Name(kind), str(key), str(), int(count))) if kind in STORAGES:
                pass
            case _:
                raise _Refused("its storage is not described as torch describes them")
        dtype = STORAGES[kind]
        known = self.storages.get(key)
        if known is None:
            entry = self.entries.get(f"data/{key}")
            if entry is None or entry.file_size != count * dtype.itemsize:
                raise _Refused(f"its storage {key[:80]!r} is missing or has another size than is said")
            data = bytearray(self.archive.read(entry))  # writable, as torch wants it
            known = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
            self.storages[key] = known
        if known.dtype != dtype or len(known) != count:
            raise _Refused(f"its storage {key[:80]!r} is described in two ways")
        return known


def _counts(values: Any) -> bool:
    """Whether these are sizes or strides: a few whole numbers that fit a machine's word."""
    few = type(values) is tuple and len(values) <= MOST_DIMENSIONS
    return few and all(type(n) is int and 0 <= n < 2**48 for n in values)


def _checked(path: Path, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same; its names can be shown to people and its numbers are finite."""
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise ConfigurationError(
                f"{path}: {name[:80]!r} holds values that are no finite numbers", hint=FETCH_AGAIN
            )
        if not name.isprintable():
            raise ConfigurationError(
                f"{path}: {name[:80]!r} is no name of a tensor",
                hint="Name a file that DFER-CLIP or EmoCLIP publish.",
            )
    return state


def _of_training(content: Mapping[str, Any], tensors: _Tensors) -> dict[str, Any]:
    """What DFER-CLIP writes beside its weights; left out where it is not what it should be."""
    epoch, best = content.get("epoch"), content.get("best_acc")
    said: dict[str, Any] = {}
    if type(epoch) is int:
        said["epoch"] = epoch
    if isinstance(best, Call):
        try:
            accuracy = tensors.make("best_acc", best)
        except _Refused:
            return said
        if accuracy.numel() == 1 and torch.isfinite(accuracy).all():
            said["best_accuracy"] = float(accuracy)
    return said
