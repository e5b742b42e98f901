"""What to do about frames that cannot be decoded: stop, sample around them, or show the one before."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from dfer.clips.settings import BrokenFrames
from dfer.errors import ContentError

_log = logging.getLogger("dfer.clips")

Read = TypeVar("Read")
"""What reading frames gives: pixels, or what was made of them."""


class BrokenFramesError(ContentError):
    """Frames of a clip that cannot be decoded, by their `indices`."""

    def __init__(self, message: str, *, indices: tuple[int, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.indices = indices

    def __reduce__(self) -> tuple[Callable[..., "BrokenFramesError"], tuple[str, tuple[int, ...], str]]:
        # Exceptions are pickled with their positional arguments alone; this one travels between processes.
        return _restored, (self.message, self.indices, self.hint)


def _restored(message: str, indices: tuple[int, ...], hint: str) -> BrokenFramesError:
    return BrokenFramesError(message, indices=indices, hint=hint)


def read_by_policy(
    count: int,
    *,
    policy: BrokenFrames,
    choose: Callable[[int], Sequence[int]],
    read: Callable[[Sequence[int]], Read],
    name: str,
) -> tuple[Read, tuple[str, ...]]:
    """The chosen frames of a clip of `count`, and a sentence for each damage met on the way.

    `choose(n)` gives the indices to sample from n frames and must give the same for the same n. With "skip"
    the clip is sampled as if the broken frames that were met were not there; others are never looked for.
    With "repeat" the nearest whole frame before a broken one stands for it or, at the beginning, after it.

    Raises:
        BrokenFramesError: the policy is "error".
        ContentError: no frame of the clip can be read.
    """
    broken: set[int] = set()
    said: list[str] = []
    while True:
        whole = [index for index in range(count) if index not in broken] if broken else range(count)
        if not whole:
            raise ContentError(f"no frame of {name} can be decoded", hint="drop it from the list")
        if policy == "repeat" and broken:
            indices: Sequence[int] = [_stand_in(index, broken, count) for index in choose(count)]
        else:
            indices = [whole[place] for place in choose(len(whole))]
        try:
            return read(indices), tuple(said)
        except BrokenFramesError as error:
            if policy == "error":
                raise
            broken.update(error.indices)
            said.append(error.message)


def _stand_in(index: int, broken: set[int], count: int) -> int:
    """The nearest whole frame before `index`, itself included; the first whole one if there is none."""
    before = next((i for i in range(index, -1, -1) if i not in broken), None)
    return before if before is not None else next(i for i in range(index, count) if i not in broken)


class Damage:
    """Names each damage once, however many epochs meet it."""

    def __init__(self, policy: BrokenFrames) -> None:
        self._what = {"skip": "sampled around", "repeat": "replaced by the frame before"}.get(policy, policy)
        self._named: set[str] = set()

    def name(self, damages: Sequence[str]) -> None:
        for damage in damages:
            if damage not in self._named:
                self._named.add(damage)
                _log.warning("%s (%s)", damage, self._what)
