"""Frames and windows through the model: batches mingle clips, and nothing stays longer than it is needed."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from dfer.clips.image_file import Pixels
from dfer.errors import DferError
from dfer.faces.recording import Recording
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.prediction import ClipPrediction, SeenFrames, WindowPrediction, window_prediction
from dfer.predict.reading import Opened, ReadFrame
from dfer.predict.windows import Window, duration
from dfer.training.evaluation import to_unit_range

_WINDOWS_AT_ONCE = 16
"""Of features, not of pixels: a temporal model is small."""


@dataclass(kw_only=True, slots=True)
class _OpenClip:
    """A clip that is being read: the windows to come, and of the frames what they will need."""

    recording: Recording
    notes: tuple[str, ...]
    windows: deque[tuple[Window, tuple[int, ...]]]
    features: dict[int, Tensor] = field(default_factory=dict)
    """(embed,) on the device, by the frame's place."""
    pictures: dict[int, Pixels] = field(default_factory=dict)
    found: list[WindowPrediction] = field(default_factory=list)
    kept: list[Tensor] = field(default_factory=list)
    """(frames, embed) on the CPU, by window."""
    strongest: dict[int, tuple[int, tuple[int, ...], tuple[Pixels, ...]]] = field(default_factory=dict)
    """By class: the window in which it is most probable, the sampled frames and their pictures."""

    def ready(self) -> Iterator[tuple[Window, tuple[int, ...]]]:
        """The windows whose frames are all there, taken off the list."""
        while self.windows and max(self.windows[0][1]) in self.features:
            yield self.windows.popleft()

    def drop_what_is_past(self) -> None:
        first = self.windows[0][0].frames.start if self.windows else None
        for kept in (self.features, self.pictures):
            for index in [index for index in kept if first is None or index < first]:
                del kept[index]


class Scorer:
    """What lies before the model: open clips, frames that wait for a batch, windows that are complete."""

    def __init__(
        self,
        loaded: LoadedRecogniser,
        *,
        batch_frames: int,
        keep_seen: bool = False,
        on_frames: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._loaded = loaded
        self._batch_frames = batch_frames
        self._keep_seen = keep_seen
        self._on_frames = on_frames
        self._open: dict[int, _OpenClip] = {}
        self._waiting: list[ReadFrame] = []
        self._encoded = self._wanted = 0
        loaded.recogniser.eval()
        with torch.inference_mode(), loaded.fabric.autocast():
            self._text = loaded.recogniser.text_features()

    @property
    def held(self) -> int:
        """Features in memory, of frames that windows to come may need."""
        return sum(len(own.features) for own in self._open.values())

    def open(self, opened: Opened) -> None:
        self._open[opened.clip] = _OpenClip(
            recording=opened.recording, notes=opened.notes, windows=deque(opened.windows)
        )
        self._wanted += len({index for _, indices in opened.windows for index in indices})
        self._on_frames(self._encoded, self._wanted)

    def add(self, frame: ReadFrame) -> None:
        if self._keep_seen:
            self._open[frame.clip].pictures[frame.index] = frame.pixels
        self._waiting.append(frame)
        if len(self._waiting) == self._batch_frames:
            self.encode()

    def forget(self, clip: int) -> None:
        self._open.pop(clip, None)
        self._waiting = [frame for frame in self._waiting if frame.clip != clip]

    def encode(self) -> None:
        """The frames that wait pass the tower; windows that are complete with them are scored."""
        if not self._waiting:
            return
        loaded = self._loaded
        pixels = torch.from_numpy(np.stack([frame.pixels for frame in self._waiting]))
        with torch.inference_mode(), loaded.fabric.autocast():
            # (frames, size, size, 3) → (1, frames, 3, size, size)
            frames = loaded.fabric.to_device(pixels).permute(0, 3, 1, 2).unsqueeze(0)
            features = loaded.recogniser.frame_features(to_unit_range(frames))[0].float()  # (frames, embed)
        for frame, feature in zip(self._waiting, features, strict=True):
            self._open[frame.clip].features[frame.index] = feature
        self._encoded += len(self._waiting)
        self._waiting = []
        self._on_frames(self._encoded, self._wanted)
        self._score()

    def done(self) -> Iterator[tuple[int, ClipPrediction]]:
        """The clips of which every window is scored."""
        for clip in [clip for clip, own in self._open.items() if not own.windows]:
            yield clip, _prediction(self._open.pop(clip), keep_seen=self._keep_seen)

    def _score(self) -> None:
        ready = [(own, *window) for own in self._open.values() for window in own.ready()]
        for first in range(0, len(ready), _WINDOWS_AT_ONCE):
            part = ready[first : first + _WINDOWS_AT_ONCE]
            # (windows, frames, embed)
            videos = torch.stack(
                [torch.stack([own.features[index] for index in indices]) for own, _, indices in part]
            )
            for (own, window, indices), video, logits in zip(part, videos, self._logits(videos), strict=True):
                own.found.append(window_prediction(window.start, window.end, logits))
                if self._keep_seen:
                    _keep(own, video, indices)
        for own in self._open.values():
            own.drop_what_is_past()

    def _logits(self, videos: Tensor) -> Tensor:
        """(windows, frames, embed) → (windows, classes) on the CPU."""
        loaded = self._loaded
        with torch.inference_mode(), loaded.fabric.autocast():
            logits: Tensor = loaded.recogniser(videos, self._text).float().cpu()
        if not torch.isfinite(logits).all():
            raise DferError(
                "the model gives scores that are no numbers",
                hint="are CLIP's weights whole? If they are, try --precision fp32",
            )
        return logits


def _keep(own: _OpenClip, video: Tensor, indices: tuple[int, ...]) -> None:
    """`video`: (frames, embed). Its pictures stay as long as a class is nowhere more probable."""
    own.kept.append(video.cpu())
    number, probabilities = len(own.found) - 1, own.found[-1].probabilities
    for place, probability in enumerate(probabilities):
        before = own.strongest.get(place)
        if before is None or probability > own.found[before[0]].probabilities[place]:
            own.strongest[place] = (number, indices, tuple(own.pictures[index] for index in indices))


def _prediction(own: _OpenClip, *, keep_seen: bool) -> ClipPrediction:
    recording = own.recording
    found = ClipPrediction(
        path=recording.path,
        kind=recording.kind,
        windows=tuple(own.found),
        frames=len(recording.times),
        seen=sum(recording.seen),
        seconds=duration(recording.times),
        notes=own.notes,
    )
    if not keep_seen:
        return found
    number, indices, pictures = own.strongest[found.best]
    seen = SeenFrames(
        features=torch.stack(own.kept),
        window=number,
        times=tuple(recording.times[index] for index in indices),
        pictures=pictures,
    )
    return replace(found, evidence=seen)
