"""Which clips of an unfinished pack are done: a line each, so that nothing decoded is decoded again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WHOLE = "-"
"""In place of a policy: no frame was broken, so that any policy gives the same."""


@dataclass(frozen=True, slots=True)
class Done:
    """A clip's frames in the unfinished pack: `start` and `count` in frames, and the CRC-32 of their bytes.

    `policy` is how broken frames were treated, if any were met.
    """

    start: int
    count: int
    crc: int
    policy: str = WHOLE


class Journal:
    """`<key> <start> <count> <crc> <policy> .` a line; the key: which clip in which state and size."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[str, Done]:
        """By key. A kill may leave half a line; its clip counts as not done."""
        try:
            lines = self.file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        done = {}
        for line in lines:
            fields = line.split()
            if len(fields) == 6 and fields[5] == ".":
                key, start, count, crc, policy, _ = fields
                done[key] = Done(int(start), int(count), int(crc), policy)
        return done

    def appending(self) -> "_Appending":
        """As a context: a function that writes down (key, done) at once."""
        return _Appending(self.file)


class _Appending:
    def __init__(self, file: Path) -> None:
        self._stream = file.open("a", encoding="utf-8")
        self._stream.write("\n")  # ends a line that a kill cut off

    def __enter__(self) -> Callable[[str, Done], None]:
        return self._append

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _append(self, key: str, done: Done) -> None:
        self._stream.write(f"{key} {done.start} {done.count} {done.crc} {done.policy} .\n")
        self._stream.flush()
