"""Checkpoint files that want to run code, to fill the memory, or to be taken for what they are not.

Each maker writes one file. Those that are `LIVE` do run code where pickles are loaded freely: they make the
canary file. The others are damaged or lie.
"""

import builtins
import copyreg
import os
import pickle
import struct
import subprocess
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file

Maker = Callable[[Path, Path], Path]


class Hostile(NamedTuple):
    make: Maker
    said: str
    """What must be in the message."""


LIVE: dict[str, Hostile] = {}
DAMAGED: dict[str, Hostile] = {}


class Runs:
    """Unpickled, it calls `function(*arguments)`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.function, self.arguments


class SetsState:
    """A list in whose state something is called."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def __reduce__(self) -> tuple[Any, ...]:
        return OrderedDict, (), self.state


def live(said: str) -> Callable[[Maker], Maker]:
    return partial(_kept, LIVE, said)


def damaged(said: str) -> Callable[[Maker], Maker]:
    return partial(_kept, DAMAGED, said)


def _kept(corpus: dict[str, Hostile], said: str, maker: Maker) -> Maker:
    corpus[maker.__name__] = Hostile(maker, said)
    return maker


def good() -> dict[str, Any]:
    return {"epoch": 1, "state_dict": OrderedDict({"module.w": torch.arange(6.0).reshape(2, 3)})}


def saved(folder: Path, content: Any) -> Path:
    path = folder / "file.pth"
    torch.save(content, path)
    return path


def archive(folder: Path, program: bytes, storages: dict[str, bytes] | None = None, **more: bytes) -> Path:
    """A zip archive as torch writes it, of a pickle written by hand."""
    path = folder / "file.pth"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {"data.pkl": program, "version": b"3\n", **more}.items():
            file.writestr(f"archive/{name}", data)
        for key, data in (storages or {}).items():
            file.writestr(f"archive/data/{key}", data)
    return path


def listed(folder: Path, times: int, *, said: int, large: bool = False) -> Path:
    """A zip archive whose list holds one entry without a name many times."""
    path = folder / "file.pth"
    entries = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, *[0] * 14) * times
    if large:
        end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, said, said, len(entries), 0)
        place = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(entries), 1)
        last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, 2**32 - 1, 2**32 - 1, 0)
        path.write_bytes(entries + end + place + last)
    else:
        last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, len(entries), 0, 0)
        path.write_bytes(entries + last)
    return path


def tensor_program(
    *, kind: str = "FloatStorage", key: str = "0", count: int = 4, offset: int = 0, size=(4,), stride=(1,)
) -> bytes:
    """A pickle of {"w": tensor}, whatever it says of the tensor."""

    def number(n: int) -> bytes:
        return b"\x8a\x08" + struct.pack("<q", n)  # LONG1

    def several(ns: Any) -> bytes:
        return b"(" + b"".join(map(number, ns)) + b"t"

    def text(word: str) -> bytes:
        return b"X" + struct.pack("<I", len(word.encode())) + word.encode()

    place = (
        b"("
        + text("storage")
        + f"ctorch\n{kind}\n".encode()
        + text(key)
        + text("cpu")
        + number(count)
        + b"tQ"
    )
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + place + number(offset) + several(size) + several(stride)
    return b"\x80\x02}" + text("w") + call + b"\x89}tRs."


def touch(canary: Path) -> str:
    return f"touch {canary}"


# What runs code when it is loaded freely.


@live("asks for posix.system")
def os_system(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"recorder": Runs(os.system, touch(canary))})


@live("asks for posix.system")
def os_system_among_the_tensors(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {"module.w": Runs(os.system, touch(canary))}})


@live("asks for posix.system")
def os_system_in_the_optimizer(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"optimizer": {"state": {0: [Runs(os.system, touch(canary))]}}})


@live("asks for posix.system")
def os_system_as_a_key(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {Runs(os.system, touch(canary)): torch.zeros(1)}})


@live("asks for __builtin__.eval")
def eval_of_a_text(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"epoch": Runs(builtins.eval, f"open({str(canary)!r}, 'w')")})


@live("asks for __builtin__.exec")
def exec_of_a_text(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"epoch": Runs(builtins.exec, f"open({str(canary)!r}, 'w')")})


@live("nothing in it was run (asks for")
def a_process(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"recorder": Runs(subprocess.call, ["touch", str(canary)])})


@live("asks for __builtin__.list")
def a_partial_function(folder: Path, canary: Path) -> Path:
    calls = Runs(map, partial(os.system), [touch(canary)])
    return saved(folder, good() | {"recorder": Runs(list, calls)})


@live("asks for __builtin__.list")
def a_chain_of_getattr(folder: Path, canary: Path) -> Path:
    calls = Runs(map, Runs(getattr, Runs(__import__, "os"), "system"), [touch(canary)])
    return saved(folder, good() | {"recorder": Runs(list, calls)})


@live("asks for posix.system")
def the_state_of_a_dictionary(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"optimizer": SetsState({"x": Runs(os.system, touch(canary))})})


@live("asks for torch.storage._load_from_bytes")
def torchs_own_loader_of_bytes(folder: Path, canary: Path) -> Path:
    """`_load_from_bytes` looks like a way to rebuild a storage; it is torch.load without any restriction."""
    inner = folder / "inner.pth"
    torch.save(Runs(os.system, touch(canary)), inner)
    return saved(folder, good() | {"best_acc": Runs(torch.storage._load_from_bytes, inner.read_bytes())})


@live("asks for numpy.load")
def numpy_load_of_another_file(folder: Path, canary: Path) -> Path:
    inner = folder / "inner.npy"
    np.save(inner, np.array([Runs(os.system, touch(canary))], dtype=object), allow_pickle=True)
    return saved(folder, good() | {"recorder": Runs(np.load, str(inner), None, True)})


@live("asks for torch.hub._load_local")
def a_hub_in_a_folder(folder: Path, canary: Path) -> Path:
    hub = folder / "hub"
    hub.mkdir()
    (hub / "hubconf.py").write_text(f"open({str(canary)!r}, 'w')\ndef model():\n    return 1\n")
    return saved(folder, good() | {"recorder": Runs(torch.hub._load_local, str(hub), "model")})


class RecorderMeter:
    """A class of that name, but not DFER-CLIP's."""

    def __init__(self, canary: Path) -> None:
        self.canary = str(canary)

    def __setstate__(self, state: dict[str, str]) -> None:
        Path(state["canary"]).touch()


class Reconstructed(RecorderMeter):
    """Pickled as the oldest protocols do."""

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg._reconstructor, (RecorderMeter, object, None), {"canary": self.canary}


@live("asks for hostile_checkpoints.RecorderMeter")
def a_recorder_of_another_module(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"recorder": RecorderMeter(canary)})


@live("asks for copy_reg._reconstructor")
def a_copyreg_reconstructor(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"recorder": Reconstructed(canary)})


@live("not a zip file")
def a_bare_pickle(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    path.write_bytes(pickle.dumps(Runs(os.system, touch(canary))))
    return path


@live("not written by PyTorch 1.6 or later")
def the_format_before_torch_1_6(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    content = good() | {"recorder": Runs(os.system, touch(canary))}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


@live("the step STRING")
def a_program_of_the_oldest_protocol(folder: Path, canary: Path) -> Path:
    return archive(folder, f"(S{touch(canary)!r}\nios\nsystem\n.".encode())


@live("asks for os.system")
def a_name_put_together_on_the_stack(folder: Path, canary: Path) -> Path:
    """STACK_GLOBAL; the name reaches through an attribute of a module that looks harmless."""
    names = b"\x8c\x02os\x8c\x06system\x93"
    command = touch(canary).encode()
    return archive(folder, b"\x80\x04" + names + b"\x8c" + bytes([len(command)]) + command + b"\x85R.")


# What is damaged, or says more than it holds.


@damaged("asks for __main__.RecorderMeter.__init__.__globals__")
def attributes_of_the_recorder(folder: Path, canary: Path) -> Path:
    names = b"\x8c\x08__main__\x8c\x22RecorderMeter.__init__.__globals__\x93"
    return archive(folder, b"\x80\x04" + names + b".")


@damaged("the step EXT1")
def a_number_of_copyreg(folder: Path, canary: Path) -> Path:
    return archive(folder, b"\x80\x02\x82\x01.")  # EXT1


@damaged("'w': not built as torch builds tensors")
def a_recorder_among_the_tensors(folder: Path, canary: Path) -> Path:
    return archive(folder, b"\x80\x02}X\x01\x00\x00\x00wc__main__\nRecorderMeter\n)\x81s.")


@damaged("'w': not built as torch builds tensors")
def a_decoder_among_the_tensors(folder: Path, canary: Path) -> Path:
    return archive(folder, b"\x80\x02}X\x01\x00\x00\x00wc_codecs\nencode\nX\x01\x00\x00\x00a\x85Rs.")


@damaged("'w': its storage '../../../../etc/passwd' is missing")
def a_storage_that_names_a_file(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(key="../../../../etc/passwd"), {"0": bytes(16)})


@damaged("'w': its storage is not described as torch")
def an_identifier_that_is_no_storage(folder: Path, canary: Path) -> Path:
    program = tensor_program().replace(b"X\x07\x00\x00\x00storage", b"X\x07\x00\x00\x00modules")
    return archive(folder, program, {"0": bytes(16)})


@damaged("'w': its storage '0' is missing or has another size")
def a_storage_larger_than_the_archive(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(count=2**40, size=(2**40,)), {"0": bytes(16)})


@damaged("'w': its storage '0' is missing or has another size")
def a_storage_of_fewer_bytes_than_it_says(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(), {"0": bytes(15)})


@damaged("'w': larger than its storage")
def a_tensor_larger_than_its_storage(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(size=(2**33,), stride=(0,)), {"0": bytes(16)})


@damaged("'w': larger than its storage")
def a_tensor_beyond_its_storage(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(offset=1), {"0": bytes(16)})


@damaged("'w': its shape is no shape")
def a_tensor_before_its_storage(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(offset=-4), {"0": bytes(16)})


@damaged("'w': its shape is no shape")
def a_shape_below_zero(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(size=(-2, -2), stride=(2, 1)), {"0": bytes(16)})


@damaged("'w': its shape is no shape")
def a_shape_of_too_many_dimensions(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(size=(1,) * 5000, stride=(1,) * 5000), {"0": bytes(16)})


@damaged("asks for torch.UntypedStorage")
def an_unknown_kind_of_storage(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(kind="UntypedStorage"), {"0": bytes(16)})


@damaged("asks for torch._utils._rebuild_sparse_tensor")
def a_sparse_tensor(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {"w": torch.eye(2).to_sparse()}})


@damaged("is compressed")
def a_zip_bomb(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", tensor_program(count=2**22, size=(2**22,)))
        file.writestr("archive/data/0", bytes(2**24))
    return path


@damaged("more than 3 times as large as the numbers in it")
def many_names_on_one_storage(folder: Path, canary: Path) -> Path:
    shared = torch.zeros(1000)
    return saved(folder, {"state_dict": {f"w{number}": shared for number in range(4)}})


@damaged("its list of entries is longer than 20,000 need")
def a_flood_of_entries(folder: Path, canary: Path) -> Path:
    """One short entry, listed 20,001 times; the count of entries at the end says 1."""
    return listed(folder, 20_001, said=1)


@damaged("its list of entries is longer than 20,000 need")
def a_flood_of_entries_in_the_format_of_large_archives(folder: Path, canary: Path) -> Path:
    return listed(folder, 20_001, said=1, large=True)


@damaged("zip file version 9.9")
def an_archive_of_a_later_version(folder: Path, canary: Path) -> Path:
    path = saved(folder, good())
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place + 6 : place + 8] = struct.pack("<H", 99)
    path.write_bytes(data)
    return path


@damaged("stands twice, or in another one's place")
def entries_in_one_place(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", tensor_program())
        for key in range(3):
            file.writestr(f"archive/data/{key}", bytes(16))
        first, *others = file.infolist()[1:]
        for info in others:
            info.header_offset = first.header_offset
    return path


@damaged("not one of `torch.save`")
def two_pickles(folder: Path, canary: Path) -> Path:
    path = archive(folder, tensor_program(), {"0": bytes(16)})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("other/data.pkl", tensor_program())
    return path


@damaged("not one of `torch.save`")
def an_archive_in_an_archive(folder: Path, canary: Path) -> Path:
    inner = saved(folder, good()).read_bytes()
    path = folder / "file.pth"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/model.pth", inner)
    return path


@damaged("a TorchScript program")
def a_torchscript_program(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(), {"0": bytes(16)}, **{"constants.pkl": b"\x80\x02)."})


@damaged("damaged")
def cut_off(folder: Path, canary: Path) -> Path:
    path = saved(folder, good())
    path.write_bytes(path.read_bytes()[:-400])
    return path


@damaged("damaged")
def a_flipped_bit_in_the_weights(folder: Path, canary: Path) -> Path:
    path = saved(folder, good())
    data = bytearray(path.read_bytes())
    place = data.index(torch.arange(6.0).numpy().tobytes())
    data[place + 5] ^= 1
    path.write_bytes(data)
    return path


@damaged("damaged")
def an_html_page(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    path.write_text("<!DOCTYPE html><title>Google Drive - Virus scan warning</title>")
    return path


@damaged("damaged")
def nothing_at_all(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    path.touch()
    return path


@damaged("little-endian")
def numbers_in_the_other_order(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program(), {"0": bytes(16)}, byteorder=b"big")


@damaged("more than 1 MB")
def a_pickle_of_too_many_bytes(folder: Path, canary: Path) -> Path:
    return archive(folder, b"\x80\x02" + b"N0" * 2**19 + b"}.")


@damaged("damaged")
def a_pickle_that_ends_early(folder: Path, canary: Path) -> Path:
    return archive(folder, tensor_program()[:60], {"0": bytes(16)})


@damaged("holds no named tensors")
def a_place_in_memory_far_away(folder: Path, canary: Path) -> Path:
    """Python's own unpickler makes its memory as long as that."""
    return archive(folder, b"\x80\x02]r\xff\xff\xff\xff.")


@damaged("key is a number below 0 or beyond 2**32 - 1")
def keys_of_one_hash(folder: Path, canary: Path) -> Path:
    """Every multiple of 2**61 - 1 has the hash 0: to keep these in a dictionary takes ages."""
    keys = b"".join(b"\x8a\x0b" + (n * (2**61 - 1)).to_bytes(11, "little") + b"N" for n in range(1, 40_000))
    return archive(folder, b"\x80\x02}(" + keys + b"u.")


@damaged("key is a number below 0 or beyond 2**32 - 1")
def a_key_below_zero(folder: Path, canary: Path) -> Path:
    return saved(folder, good() | {"optimizer": {-1: None}})


@damaged(r"asks for \x1b[31mos.sys\u202etem")
def a_name_that_would_colour_the_terminal(folder: Path, canary: Path) -> Path:
    parts = ("\x1b[31mos", "sys\u202etem")
    names = b"".join(b"X" + struct.pack("<I", len(part.encode())) + part.encode() for part in parts)
    return archive(folder, b"\x80\x04" + names + b"\x93.")


@damaged("key is a tuple")
def a_key_that_is_deeply_nested(folder: Path, canary: Path) -> Path:
    """Hashing it overflows the stack of Python itself."""
    return archive(folder, b"\x80\x02})" + b"\x85" * 200_000 + b"Ns.")


@damaged("'w' is not a named tensor")
def a_dictionary_that_holds_itself(folder: Path, canary: Path) -> Path:
    return archive(folder, b"\x80\x02}q\x00X\x01\x00\x00\x00wh\x00s.")


@damaged("'1' is not a named tensor")
def keys_that_are_numbers(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {1: torch.zeros(1)}})


@damaged("holds no named tensors")
def an_empty_dictionary(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {}})


@damaged("holds no named tensors")
def a_list(folder: Path, canary: Path) -> Path:
    return saved(folder, [torch.zeros(1)])


@damaged("'w' holds values that are no finite numbers")
def values_that_are_no_numbers(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {"w": torch.tensor([0.0, float("nan")])}})


@damaged("'w' holds values that are no finite numbers")
def infinite_values(folder: Path, canary: Path) -> Path:
    return saved(folder, {"state_dict": {"w": torch.tensor([float("inf")], dtype=torch.float16)}})


@damaged("damaged or not a safetensors file")
def damaged_safetensors(folder: Path, canary: Path) -> Path:
    path = folder / "file.safetensors"
    save_file({"w": torch.zeros(4)}, path)
    path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])
    return path


@damaged("damaged or not a safetensors file")
def a_pickle_named_safetensors(folder: Path, canary: Path) -> Path:
    path = folder / "file.safetensors"
    path.write_bytes(pickle.dumps(Runs(os.system, touch(canary))))
    return path


@damaged("no such file")
def a_link_to_nowhere(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    path.symlink_to(folder / "gone")
    return path


@damaged("a folder; expected a file")
def a_folder(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    path.mkdir()
    return path


@damaged("no such file")
def a_pipe(folder: Path, canary: Path) -> Path:
    path = folder / "file.pth"
    os.mkfifo(path)
    return path
