"""A real ONNX network with YuNet's outputs that takes pure red for a face, so that OpenCV's own code runs.

Written field by field: the `onnx` package is no dependency of dfer.
"""

import math
import struct
from pathlib import Path

SIDE = 640
CELL = 32
FACE = 96
"""Pixels of its one size of box, around the middle of a cell of 32 pixels that is red."""

_FLOAT, _INT64 = 1, 7


def write_tiny_detector(file: Path) -> Path:
    """Finds red, no nearer than by half a cell; the strides 8 and 16 never find anything."""
    nodes, weights = [], []
    outputs = []
    for kind, channels in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            name, cells = f"{kind}_{stride}", (SIDE // stride) ** 2
            kernel, bias = [0.0] * (channels * 3 * stride**2), [0.0] * channels
            if stride == CELL and kind in ("cls", "obj"):
                # The mean over the cell of red − green − blue (OpenCV's order is blue, green, red), from
                # 155 on to 255 as 0 to 1.
                kernel = [sign / stride**2 / 100 for sign in (-1, -1, 1) for _ in range(stride**2)]
                bias = [-1.55]
            if kind == "bbox":
                # Middle of the cell, and the logarithm of the size in cells.
                bias = [0.5, 0.5, math.log(FACE / CELL), math.log(FACE / CELL)]
            weights += [
                _tensor(f"{name}_w", (channels, 3, stride, stride), kernel),
                _tensor(f"{name}_b", (channels,), bias),
                _tensor(f"{name}_s", (1, cells, channels), None),
            ]
            strides = [_ints("kernel_shape", (stride, stride)), _ints("strides", (stride, stride))]
            nodes += [
                _node("Conv", ["input", f"{name}_w", f"{name}_b"], f"{name}_c", strides),
                _node("Transpose", [f"{name}_c"], f"{name}_t", [_ints("perm", (0, 2, 3, 1))]),
                _node("Reshape", [f"{name}_t", f"{name}_s"], name, []),
            ]
            outputs.append(_value(name, (1, cells, channels)))
    graph = b"".join(
        [_message(1, node) for node in nodes]
        + [_message(2, b"tiny")]
        + [_message(5, tensor) for tensor in weights]
        + [_message(11, _value("input", (1, 3, SIDE, SIDE)))]
        + [_message(12, value) for value in outputs]
    )
    opset = _message(8, _message(1, b"") + _number(2, 11))
    file.write_bytes(_number(1, 6) + _message(7, graph) + opset)
    return file


def _node(kind: str, inputs: list[str], output: str, attributes: list[bytes]) -> bytes:
    parts = [_message(1, name.encode()) for name in inputs] + [_message(2, output.encode())]
    parts += [_message(3, output.encode()), _message(4, kind.encode())]
    return b"".join(parts + [_message(5, attribute) for attribute in attributes])


def _ints(name: str, numbers: tuple[int, ...]) -> bytes:
    listed = b"".join(_number(8, number) for number in numbers)
    return _message(1, name.encode()) + listed + _number(20, 7)


def _tensor(name: str, shape: tuple[int, ...], values: list[float] | None) -> bytes:
    """Floats of a shape or, without values, the shape itself as integers."""
    if values is None:
        head, kind, raw = _number(1, len(shape)), _INT64, struct.pack(f"<{len(shape)}q", *shape)
    else:
        head, kind = b"".join(_number(1, size) for size in shape), _FLOAT
        raw = struct.pack(f"<{len(values)}f", *values)
    return head + _number(2, kind) + _message(8, name.encode()) + _message(9, raw)


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sizes = b"".join(_message(1, _number(1, size)) for size in shape)
    return _message(1, name.encode()) + _message(2, _message(1, _number(1, _FLOAT) + _message(2, sizes)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
