"""The features of a data set's frames, as far as they were computed: on the disk, or else in memory."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import Timeout

from dfer.clips.broken_frames import BrokenFramesError
from dfer.clips.clip import Clip
from dfer.clips.source import FrameSource
from dfer.training.features.feature_file import FeatureFile, Features, open_feature_file
from dfer.training.features.feature_key import FeatureKey

_log = logging.getLogger("dfer.clips")

_A_MOMENT = 1.0
"""Seconds to wait for another process before looking at what it has computed."""


class FrameFeatures:
    """A row (width,) for every frame of every clip; and which frames cannot be decoded, with the reason.

    Where the disk cannot be written to, what is computed stays in memory, and a warning says so once.
    """

    def __init__(self, places: dict[str, range], *, width: int, file: FeatureFile | None) -> None:
        self.width = width
        self._places = places
        self._file = file
        self._writable = file is not None
        self._kept: dict[int, Features] = {}  # rows that are not on the disk
        self._broken: dict[str, dict[int, BrokenFramesError]] = {}
        self.reread_broken()

    @classmethod
    def open(
        cls, folder: Path, *, key: FeatureKey, clips: Iterable[Clip], source: FrameSource, width: int
    ) -> "FrameFeatures":
        """The features in `folder` (see `feature_folder`), which is made if need be.

        `clips` are those of the key's fingerprint, of which a run may use a part.

        Raises:
            ContentError: a clip is missing or holds no frames.
        """
        by_id = {clip.id: clip for clip in clips}
        places: dict[str, range] = {}
        first = 0
        # Sorted, as in the fingerprint: the order of a list decides nothing.
        for name in sorted(by_id):
            places[name] = range(first, first := first + source.count(by_id[name]))
        try:
            file = open_feature_file(folder, key=key.model_dump(mode="json"), width=width, places=places)
        except (OSError, NotImplementedError) as error:
            file = None
            _warn(folder, error)
        return cls(places, width=width, file=file)

    def __contains__(self, clip: Clip) -> bool:
        return clip.id in self._places

    def count(self, clip: Clip) -> int:
        """How many frames the clip has."""
        return len(self._places[clip.id])

    def row(self, clip: Clip, index: int) -> int:
        """Where the clip's frame is found."""
        return self._places[clip.id][index]

    def holds(self, row: int) -> bool:
        return row in self._kept or (self._file is not None and self._file.holds(row))

    def read(self, rows: Sequence[int]) -> Features:
        """float32 (len(rows), width), a copy.

        Raises:
            LookupError: not all of them were computed.
        """
        if not all(map(self.holds, rows)):
            raise LookupError("features that were not computed; call `fill` before reading them")
        if self._file is not None and not self._kept:
            return self._file.read(rows)
        return np.stack([self._kept[row] if row in self._kept else self._on_disk(row) for row in rows])

    def _on_disk(self, row: int) -> Features:
        assert self._file is not None
        feature: Features = self._file.read([row])[0]
        return feature

    def write(self, rows: Sequence[int], features: Features) -> None:
        """float32 (len(rows), width); where they cannot be written they are kept in memory."""
        if self._file is not None and self._writable:
            try:
                self._file.write(rows, features)
                return
            except OSError as error:
                self._stop_writing(error)
        self._kept.update(zip(rows, features.copy(), strict=True))

    def until_broken(
        self, clip: Clip, indices: Sequence[int]
    ) -> tuple[Sequence[int], BrokenFramesError | None]:
        """The indices before the first that is known to be broken, and the error that reading it raises."""
        known = self._broken.get(clip.id, {})
        for place, index in enumerate(indices):
            if error := known.get(index):
                return indices[:place], BrokenFramesError(
                    error.message, indices=error.indices, hint=error.hint
                )
        return indices, None

    def remember_broken(self, clip: Clip, error: BrokenFramesError) -> None:
        known = self._broken.setdefault(clip.id, {})
        if all(index in known for index in error.indices):
            return
        known.update(dict.fromkeys(error.indices, error))
        if self._file is not None and self._writable:
            record = {"clip": clip.id, "frames": list(error.indices), "message": error.message}
            try:
                self._file.write_broken(record | {"hint": error.hint})
            except OSError as failure:
                self._stop_writing(failure)

    def reread_broken(self) -> None:
        """Hear what other processes found broken."""
        for record in self._file.read_broken() if self._file is not None else ():
            match record:
                case {"clip": str(clip), "frames": [*frames], "message": str(message), "hint": str(hint)}:
                    indices = tuple(index for index in frames if isinstance(index, int))
                    error = BrokenFramesError(message, indices=indices, hint=hint)
                    known = self._broken.setdefault(clip, {})
                    known.update({index: error for index in indices if index not in known})

    @contextmanager
    def filling(self) -> Iterator[bool]:
        """True while this process alone writes; False, after a moment's wait, while another one does."""
        if self._file is None or not self._writable:
            yield True
            return
        lock = self._file.lock()
        try:
            lock.acquire(timeout=_A_MOMENT)
        except Timeout:
            alone = False
        except (OSError, NotImplementedError) as error:
            self._stop_writing(error)
            alone = True
        else:
            alone = True
        try:
            yield alone
        finally:
            lock.release()

    def _stop_writing(self, error: Exception) -> None:
        self._writable = False
        assert self._file is not None
        _warn(self._file.folder, error)


def _warn(folder: Path, error: Exception) -> None:
    reason = (isinstance(error, OSError) and error.strerror) or error
    _log.warning(
        "%s cannot be written to (%s): features of frames stay in memory, for this run alone", folder, reason
    )
