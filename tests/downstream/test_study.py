"""From held-out clips to videos, targets and the results that are kept."""

import json
import random
from pathlib import Path

import pytest
import torch

from dfer.clips.clip import Clip
from dfer.downstream.head import HeadSettings
from dfer.downstream.leave_one_out import HeldOut
from dfer.downstream.scored_clips import ScoredClip, ScoredClips
from dfer.downstream.study import Study, average_by_video, study_features


def scored_clip(name: str, subject: str, video: str, *scores: float | None) -> ScoredClip:
    clip = Clip(id=name, path=Path(name), label="scored", subject=subject)
    return ScoredClip(clip=clip, subject=subject, video=video, scores=scores)


def planted(*, strength: float) -> tuple[ScoredClips, torch.Tensor]:
    """8 subjects, each of 4 videos of 3 clips; a clip's feature is its video's score, seen through noise."""
    rng = random.Random(5)
    clips, features = [], []
    for subject in range(8):
        for video in range(4):
            score = float(rng.randrange(8))
            for part in range(3):
                clips.append(
                    scored_clip(f"{subject}{video}{part}", f"s{subject}", f"{subject}{video}", score)
                )
                features.append([strength * score + rng.gauss(0, 1), rng.gauss(0, 1)])
    return ScoredClips(targets=("x",), clips=tuple(clips)), torch.tensor(features)


def study(*, strength: float) -> Study:
    scored, features = planted(strength=strength)
    return study_features(scored, features, settings=HeadSettings(epochs=60), seed=1, identity={"run": "r1"})


def test_the_clips_of_a_video_are_averaged_and_its_score_counts_once() -> None:
    clips = [
        scored_clip("a", "s1", "v2", 3.0, None),
        scored_clip("b", "s1", "v2", 3.0, 7.0),
        scored_clip("c", "s2", "v1", None, 5.0),
    ]
    predicted = torch.tensor([[2.0, 6.0], [4.0, 9.0], [1.0, 5.0]])
    first, second = average_by_video(clips, HeldOut(predicted, torch.zeros(3, 2)))
    assert (first.video, first.subject, first.clips) == ("v1", "s2", 1)
    assert (first.given, first.predicted) == ((None, 5), (1, 5))
    assert (second.video, second.subject, second.clips) == ("v2", "s1", 2)
    assert (second.given, second.predicted, second.baseline) == ((3, 7), (3, 7.5), (0, 0))


def test_a_score_that_the_features_tell_is_predicted_better_than_the_mean_of_the_others() -> None:
    found = study(strength=1.0)
    (result,) = found.targets
    assert (found.subjects, len(found.videos), found.clips, result.videos) == (8, 32, 96, 32)
    assert result.head.rmse < 0.6 * result.baseline.rmse
    assert result.head.ccc > 0.8
    assert found.learnt_nothing == ()


def test_a_score_that_the_features_do_not_tell_is_said_to_be_learnt_by_nobody() -> None:
    found = study(strength=0.0)
    assert found.learnt_nothing == ("x",)
    assert abs(found.targets[0].head.ccc) < 0.3


def test_only_videos_with_a_score_of_the_target_are_judged() -> None:
    scored, features = planted(strength=1.0)
    clips = tuple(
        scored_clip(one.clip.id, one.subject, one.video, one.scores[0] if one.subject != "s0" else None, 1.0)
        for one in scored.clips
    )
    found = study_features(
        ScoredClips(targets=("x", "same"), clips=clips),
        features,
        settings=HeadSettings(epochs=2),
        seed=1,
        identity={},
    )
    assert [result.videos for result in found.targets] == [28, 32]
    assert found.videos[0].given == (None, 1.0)
    assert all(abs(score) < 1e3 for video in found.videos for score in video.predicted)
    assert found.targets[1].head.pcc is None  # a score that never varies correlates with nothing
    assert found.mean[0].pcc is None


def test_the_results_are_json_that_holds_every_videos_scores() -> None:
    found = study(strength=1.0)
    content = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert content["run"] == "r1"
    assert (content["targets"], content["subjects"], content["videos"], content["clips"]) == (
        ["x"],
        8,
        32,
        96,
    )
    assert set(content["results"]["x"]) == {"videos", "head", "baseline"}
    assert set(content["mean"]["head"]) == {"mae", "rmse", "pcc", "ccc"}
    assert content["head"]["epochs"] == 60
    video = content["predictions"][0]
    assert (video["video"], video["subject"], video["clips"]) == ("00", "s0", 3)
    assert set(video["given"]) == set(video["predicted"]) == set(video["baseline"]) == {"x"}
    errors = [abs(one["given"]["x"] - one["predicted"]["x"]) for one in content["predictions"]]
    assert sum(errors) / 32 == pytest.approx(content["results"]["x"]["head"]["mae"])
