"""Which data a run was made with, in one string that a changed list or clip changes too."""

import hashlib
import json
from collections.abc import Iterable

from dfer.clips.clip import Clip
from dfer.clips.source import DiskFrames, FrameSource


def fingerprint(clips: Iterable[Clip], source: FrameSource | None = None) -> str:
    """ "data1:" and the SHA-256 of ids, labels, splits, folds, captions, subjects, sources and sizes.

    What a size is, the source knows. Where the clips lie is not part of it.

    Raises:
        ContentError: a clip is missing or holds no frames.
    """
    source = source or DiskFrames()
    sizes: dict[str, list[int]] = {}  # a clip of five folds is measured once
    rows = []
    for clip in clips:
        if clip.id not in sizes:
            sizes[clip.id] = source.size_of(clip)
        row: list[object] = [
            clip.id,
            clip.label,
            clip.split,
            clip.fold,
            clip.caption,
            clip.subject,
            *sizes[clip.id],
        ]
        if clip.source is not None:  # decides what is set aside for validation
            row.append({"source": clip.source})
        rows.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    # Sorted as text: None and numbers do not compare.
    text = "[" + ",".join(sorted(rows)) + "]"
    return "data1:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
