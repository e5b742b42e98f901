"""What is wrong with a set of named tensors, in words: the readable half of a strict load."""

from collections.abc import Mapping, Sequence

from torch import Tensor

SHOWN = 4
"""Names listed of each kind; the rest are counted."""


def state_difference(*, expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """One line naming missing, unexpected and misshapen tensors; empty when `found` fits."""
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    misshapen = [
        f"{name} is {_shape(found[name])} instead of {_shape(tensor)}"
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    ]
    kinds = {"missing": missing, "unexpected": unexpected, "shape": misshapen}
    return "; ".join(f"{kind}: {_some(names)}" for kind, names in kinds.items() if names)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a scalar"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
