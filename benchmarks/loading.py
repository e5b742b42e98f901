"""Clips per second and core: the published pipeline against folders and packs.

The reference is the loader of DFER-CLIP as `models.md` A.1.3 and A.1.4 state it, written for this benchmark:
list the folder at every reading, open each frame with PIL, crop, resize and mirror picture by picture, stack,
and turn into float32. Ours hands out uint8, which the device makes float; its conversion is not counted, as
it is not done by the loader. One core, no worker processes; memory is that of real loader workers.
"""

import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.pairs import ratio, row
from dfer.class_sets import load_class_set
from dfer.clips.augmentation import draw_crop
from dfer.clips.dataset import ClipDataset
from dfer.clips.frame_index import index_clips
from dfer.clips.loading import batches, checked
from dfer.clips.packing.pack import Pack
from dfer.clips.packing.plan import Packing
from dfer.clips.packing.writing import pack_clips
from dfer.clips.readers.csv_list import read_csv
from dfer.clips.sampling import test_indices, train_indices
from dfer.clips.source import DiskFrames, FrameSource
from dfer.clips.synthetic.world import draw_world

CLIPS, SIZE, FRAMES = 21, 224, 60
ROUNDS = 7
NAMES = load_class_set("dfew7").names


def run() -> list[dict[str, Any]]:
    """The ratios, for frames of 224 x 224 pixels."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return list(_rows(Path(folder)))
    finally:
        torch.set_num_threads(threads)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    table = draw_world(
        folder / "world", class_set=load_class_set("dfew7"), clips=CLIPS, seed=1, size=SIZE, frames=FRAMES
    )
    clips = read_csv(table)
    pack_clips(clips, folder / "w.pack", dataset="csv", packing=Packing(size=SIZE), workers=0)
    sources: dict[str, FrameSource] = {
        "JPEG folders": DiskFrames(index_clips(clip.path for clip in clips)),
        "the pack": Pack(folder / "w.pack"),
    }
    for training in (True, False):
        for name, source in sources.items():
            data = ClipDataset(
                clips=clips,
                class_names=NAMES,
                size=SIZE,
                training=training,
                augmentation="mafw",
                seed=1,
                source=source,
            )
            what = "train" if training else "test"
            yield ratio(
                f"loading to {what} from {name}",
                reference=lambda training=training: _each(clips, lambda c: _published(c.path, training)),
                candidate=lambda data=data: _each(range(len(data)), data.__getitem__),
                rounds=ROUNDS,
                equal_to=_equality(data, training),
                note=f"a loader worker has {_worker_memory(data):.0f} MB of its own",
            )
            rates = [_rate(data) for _ in range(ROUNDS)]
            yield row(f"to {what} from {name}, one core", rates, unit="clips/s", digits=0)


def _published(folder: Path, training: bool) -> torch.Tensor:
    """float32 (16, 3, 224, 224) in [0, 1]."""
    files = sorted(folder.glob("*"))
    pictures = [Image.open(files[i]).convert("RGB") for i in _indices(len(files), training)]
    if training:
        crop = draw_crop(*pictures[0].size[::-1], random)  # type: ignore[arg-type]
        box = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
        pictures = [p.crop(box).resize((SIZE, SIZE), Image.Resampling.BILINEAR) for p in pictures]
        if random.random() < 0.5:
            pictures = [p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in pictures]
    else:
        pictures = [p.resize((SIZE, SIZE), Image.Resampling.BILINEAR) for p in pictures]
    stacked = np.concatenate([np.asarray(p) for p in pictures], axis=2)  # (224, 224, 48)
    channels = torch.from_numpy(stacked).permute(2, 0, 1).contiguous()  # (48, 224, 224)
    return channels.float().div(255).view(-1, 3, SIZE, SIZE)


def _indices(n: int, training: bool) -> list[int]:
    return train_indices(n, 16, random.Random(random.random())) if training else test_indices(n, 16)


def _equality(data: ClipDataset, training: bool) -> str:
    """Test clips have no randomness, so that both must read the same pixels."""
    if training:
        return "the same distribution; each operation within a grey level of PIL's (tests)"
    apart = max(
        float((_published(clip.path, False) - data[i]["frames"] / 255).abs().max())
        for i, clip in enumerate(data.clips)
    )
    assert apart < 1e-6, apart
    return f"the same pixels (largest difference {apart:.0e})"


def _each(things: Iterable[Any], read: Callable[[Any], Any]) -> None:
    """As a loader does: read, hand out, forget."""
    for thing in things:
        read(thing)


def _rate(data: ClipDataset) -> float:
    started = time.perf_counter()
    _each(range(len(data)), data.__getitem__)
    return len(data) / (time.perf_counter() - started)


def _worker_memory(data: ClipDataset) -> float:
    """Megabytes that belong to one loader worker alone, while it works (Linux; elsewhere 0)."""
    before = _children()
    loader = iter(checked(batches(data, batch_size=4, workers=1)))
    next(loader)
    new = [pid for pid in _children() if pid not in before]
    found = [_private_bytes(pid) for pid in new]
    for _ in loader:
        pass
    return max(found, default=0) / 1e6


def _children() -> set[int]:
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    except OSError:
        return set()


def _private_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return 1024 * sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+: +(\d+) kB", text, re.M))


if __name__ == "__main__":
    for line in run():
        print(line)
