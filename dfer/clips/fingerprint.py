"""Which data a run was made with, in one string that a changed list or clip changes too."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from dfer.clips.clip import Clip
from dfer.clips.frame_files import frame_files, is_video
from dfer.errors import ContentError


def fingerprint(clips: Iterable[Clip]) -> str:
    """ "data1:" and the SHA-256 of ids, labels, splits, folds, captions and sizes, whatever the clips' order.

    A size is a folder's number of frames or a video's bytes: pixels are not read, so a re-encoded folder of
    frames keeps its fingerprint. Where the clips lie on disk is not part of it.

    Raises:
        ContentError: a clip is missing or holds no frames.
    """
    sizes: dict[Path, int] = {}  # a clip of five folds is measured once
    rows = []
    for clip in clips:
        if clip.path not in sizes:
            sizes[clip.path] = _size(clip.path)
        row = [clip.id, clip.label, clip.split, clip.fold, clip.caption, sizes[clip.path]]
        rows.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    # Sorted as text: None and numbers do not compare.
    text = "[" + ",".join(sorted(rows)) + "]"
    return "data1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _size(path: Path) -> int:
    if path.is_dir() or not is_video(path):
        return len(frame_files(path))
    try:
        return path.stat().st_size
    except OSError as error:
        raise ContentError(f"cannot read the clip {path}: {error.strerror}") from error
