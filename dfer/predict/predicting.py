"""Clips of any origin recognised: each frame encoded once, in batches that mingle clips."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

from dfer.faces.face_source import FaceSource
from dfer.predict.background import in_background
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.prediction import ClipPrediction, FailedClip
from dfer.predict.reading import Failed, Opened, Read, ReadFrame, read_clip
from dfer.predict.scoring import Scorer
from dfer.predict.windows import Windowing
from dfer.training.features.filling import BATCH_FRAMES

_WAITING_BATCHES = 4
"""So many batches of frames at most wait for the model while clips are read ahead."""


def predict_clips(
    loaded: LoadedRecogniser,
    paths: Sequence[Path],
    *,
    faces: FaceSource,
    fps: float = 25.0,
    windowing: Windowing | None = None,
    threads: int = 1,
    batch_frames: int = BATCH_FRAMES,
    keep_seen: bool = False,
    on_frames: Callable[[int, int], None] = lambda done, total: None,
) -> Generator[tuple[int, ClipPrediction | FailedClip], None, None]:
    """Each clip's place in `paths` and what came of it, as they are done: in another order than `paths`.

    Clips are read by `threads` in the background while the model computes. No more of a clip is in memory
    than its open windows need, however long it is. With `keep_seen` a prediction has its `evidence`, which
    does grow with the number of windows. `on_frames` hears how many frames are encoded, and how many the
    clips opened so far ask for. One clip of a data set gives the scores that `run_evaluation` stores of it,
    up to the last digits, which depend on the batch. Who leaves before the end closes it.

    Raises:
        DferError: a score is not finite. A clip that cannot be read is a `FailedClip` instead.
        UsageError: `windowing` leaves gaps between the usual windows.
        ConfigurationError: no face detector in the file named.
    """
    windowing = windowing or Windowing()

    def read(clip: int, put: Callable[[Read], None]) -> None:
        read_clip(clip, paths[clip], put, loaded=loaded, faces=faces, fps=fps, windowing=windowing)

    scorer = Scorer(loaded, batch_frames=batch_frames, keep_seen=keep_seen, on_frames=on_frames)
    waiting = _WAITING_BATCHES * batch_frames
    with closing(in_background(len(paths), read, threads=threads, waiting=waiting)) as messages:
        for message in messages:
            match message:
                case Opened():
                    scorer.open(message)
                case ReadFrame():
                    scorer.add(message)
                case Failed():
                    scorer.forget(message.clip)
                    path = paths[message.clip]
                    yield message.clip, FailedClip(path=path, message=message.message, hint=message.hint)
            yield from scorer.done()
    scorer.encode()
    yield from scorer.done()
