"""What a study of scores needs, read and checked before anything is computed: scores, clips, video tower."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from description_store.records import Run
from dfer import __version__
from dfer.clips.clip import Clip
from dfer.clips.fingerprint import fingerprint
from dfer.clips.frame_index import index_clips
from dfer.clips.source import DiskFrames, FrameSource
from dfer.downstream.scored_clips import ScoredClips, read_scored_clips
from dfer.models.recogniser import VideoRecogniser
from dfer.training.rebuilding import rebuild
from dfer.training.specification import RunSpecification


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedStudy:
    """`identity` says of which run and which data the study is."""

    scored: ScoredClips
    frames: FrameSource
    recogniser: VideoRecogniser
    spec: RunSpecification
    identity: dict[str, Any]

    @property
    def clips(self) -> tuple[Clip, ...]:
        return tuple(scored.clip for scored in self.scored.clips)


def prepare_study(
    run: Run,
    data: Path,
    *,
    targets: Sequence[str] | None = None,
    root: Path | None = None,
    pretrained: str | None = None,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> PreparedStudy:
    """Read the scores in `data`, list the clips' frames, and rebuild the recogniser that the run trained.

    Whether the run itself was trained on clips of these people is not looked for. `on_clip` hears
    (done, total) while clips are listed.

    Raises:
        UsageError, ConfigurationError, ContentError: as `read_scored_clips`, `index_clips` and `rebuild` do.
    """
    scored = read_scored_clips(data, root=root, targets=targets)
    clips = [one.clip for one in scored.clips]
    frames = DiskFrames(index_clips((clip.path for clip in clips), on_clip=on_clip))
    return PreparedStudy(
        scored=scored,
        frames=frames,
        recogniser=rebuild(run, pretrained=pretrained),
        spec=RunSpecification.model_validate(run.specification),
        identity={
            "run": run.name,
            "spec_hash": run.spec_hash,
            "data": str(data),
            "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
            "data_fingerprint": fingerprint(clips, frames),
            "dfer": __version__,
        },
    )
