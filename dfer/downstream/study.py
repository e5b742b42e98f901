"""From a trained run and scored clips to how well a head on its video tower predicts the scores."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from dfer.downstream.agreement import Agreement, agreement, mean_agreement
from dfer.downstream.head import HeadSettings
from dfer.downstream.leave_one_out import HeldOut, leave_one_subject_out
from dfer.downstream.preparing import PreparedStudy
from dfer.downstream.scored_clips import ScoredClip, ScoredClips
from dfer.downstream.video_tower import video_features


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoScores:
    """One video, its clips averaged; a score for each target, None where nobody gave one."""

    video: str
    subject: str
    clips: int
    given: tuple[float | None, ...]
    predicted: tuple[float, ...]
    baseline: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetResult:
    """How head and baseline agree with the given scores of one target, over so many held-out videos."""

    target: str
    videos: int
    head: Agreement
    baseline: Agreement


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """What came out, for each target and each video; `subjects` and `clips` are numbers of them.

    `identity` says what it was made of: run, data, seed, the head's settings.
    """

    identity: dict[str, Any]
    subjects: int
    clips: int
    targets: tuple[TargetResult, ...]
    videos: tuple[VideoScores, ...]

    @property
    def mean(self) -> tuple[Agreement, Agreement]:
        """Of head and baseline, over the targets."""
        return (
            mean_agreement([result.head for result in self.targets]),
            mean_agreement([result.baseline for result in self.targets]),
        )

    @property
    def learnt_nothing(self) -> tuple[str, ...]:
        """The targets that the head predicts no better (RMSE) than the training subjects' mean does."""
        return tuple(result.target for result in self.targets if result.head.rmse >= result.baseline.rmse)

    def as_json(self) -> dict[str, Any]:
        names = [result.target for result in self.targets]
        head, baseline = self.mean

        def by_target(scores: Sequence[float | None]) -> dict[str, float | None]:
            return dict(zip(names, scores, strict=True))

        return self.identity | {
            "targets": names,
            "subjects": self.subjects,
            "videos": len(self.videos),
            "clips": self.clips,
            "results": {
                result.target: {
                    "videos": result.videos,
                    "head": asdict(result.head),
                    "baseline": asdict(result.baseline),
                }
                for result in self.targets
            },
            "mean": {"head": asdict(head), "baseline": asdict(baseline)},
            "learnt_nothing": list(self.learnt_nothing),
            "predictions": [
                {
                    "video": video.video,
                    "subject": video.subject,
                    "clips": video.clips,
                    "given": by_target(video.given),
                    "predicted": by_target(video.predicted),
                    "baseline": by_target(video.baseline),
                }
                for video in self.videos
            ],
        }


def study_scores(
    prepared: PreparedStudy,
    *,
    settings: HeadSettings,
    seed: int,
    accelerator: str = "auto",
    workers: int = 0,
    on_clip: Callable[[int, int], None] = lambda done, total: None,
) -> Study:
    """EmoCLIP §IV-D: each clip's feature once, from the frozen tower, then a head without each subject.

    `on_clip` hears (done, total) while features are computed; heads take seconds.

    Raises:
        ContentError, DferError: as `video_features` does.
    """
    features = video_features(
        prepared.recogniser,
        prepared.spec,
        prepared.clips,
        frames=prepared.frames,
        accelerator=accelerator,
        workers=workers,
        on_clip=on_clip,
    )
    return study_features(prepared.scored, features, settings=settings, seed=seed, identity=prepared.identity)


def study_features(
    scored: ScoredClips, features: Tensor, *, settings: HeadSettings, seed: int, identity: dict[str, Any]
) -> Study:
    """The study of features (clips, embed) that are at hand, in the order of the clips."""
    clips_of = Counter(clip.video for clip in scored.clips)
    held_out = leave_one_subject_out(
        features,
        _as_tensor([clip.scores for clip in scored.clips]),
        [clip.subject for clip in scored.clips],
        settings=settings,
        seed=seed,
        # Videos are what is evaluated: one cut into many clips must not count more than the others.
        weights=torch.tensor([1 / clips_of[clip.video] for clip in scored.clips]),
    )
    videos = average_by_video(scored.clips, held_out)
    return Study(
        identity=identity | {"seed": seed, "head": asdict(settings)},
        subjects=len(scored.subjects),
        clips=len(scored.clips),
        targets=tuple(_result(target, place, videos) for place, target in enumerate(scored.targets)),
        videos=videos,
    )


def average_by_video(clips: Sequence[ScoredClip], held_out: HeldOut) -> tuple[VideoScores, ...]:
    """Each video's clips averaged, videos by name. What was given is the same for all clips that have it."""
    rows: dict[str, list[int]] = {}
    for row, clip in enumerate(clips):
        rows.setdefault(clip.video, []).append(row)
    return tuple(
        VideoScores(
            video=video,
            subject=clips[own[0]].subject,
            clips=len(own),
            given=tuple(
                next((score for score in of_target if score is not None), None)
                for of_target in zip(*(clips[row].scores for row in own), strict=True)
            ),
            predicted=tuple(held_out.predicted[own].mean(dim=0).tolist()),
            baseline=tuple(held_out.baseline[own].mean(dim=0).tolist()),
        )
        for video, own in sorted(rows.items())
    )


def _result(target: str, place: int, videos: Sequence[VideoScores]) -> TargetResult:
    known = [(video, given) for video in videos if (given := video.given[place]) is not None]
    truth = [given for _, given in known]
    return TargetResult(
        target=target,
        videos=len(known),
        head=agreement(truth, [video.predicted[place] for video, _ in known]),
        baseline=agreement(truth, [video.baseline[place] for video, _ in known]),
    )


def _as_tensor(scores: Sequence[Sequence[float | None]]) -> Tensor:
    """(clips, targets) in double precision, NaN for None."""
    return torch.tensor(
        [[math.nan if score is None else score for score in row] for row in scores], dtype=torch.float64
    )
