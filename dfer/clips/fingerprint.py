"""Which data a run was made with, in one string that a changed list or clip changes too."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.frame_files import frame_files, is_video
from dfer.errors import ContentError


def fingerprint(clips: Iterable[Clip]) -> str:
    """ "data1:" and the SHA-256 of ids, labels, splits, folds, captions, subjects and sizes, in any order.

    A size is a folder's number of frames and of their bytes, or a video's bytes. Pixels are not read, but
    frames cropped or encoded anew hardly keep their number of bytes. Where the clips lie is not part of it.

    Raises:
        ContentError: a clip is missing or holds no frames.
    """
    sizes: dict[Path, list[int]] = {}  # a clip of five folds is measured once
    rows = []
    for clip in clips:
        if clip.path not in sizes:
            sizes[clip.path] = _size(clip.path)
        row = [clip.id, clip.label, clip.split, clip.fold, clip.caption, clip.subject, *sizes[clip.path]]
        rows.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    # Sorted as text: None and numbers do not compare.
    text = "[" + ",".join(sorted(rows)) + "]"
    return "data1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _size(path: Path) -> list[int]:
    try:
        if path.is_dir() or not is_video(path):
            files = frame_files(path)
            return [len(files), sum((path / file).stat().st_size for file in files)]
        return [path.stat().st_size]
    except OSError as error:
        raise ContentError(f"cannot read the clip {path}: {error.strerror}") from error
