"""Clips of any origin recognised with real runs and real words."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sqlite_utils import Database

from description_store.records import DescriptionSet
from description_store.runs import find_run
from description_store.sets import find_set
from dfer.clips.synthetic.clip_writer import write_mp4
from dfer.errors import ConfigurationError, ContentError, DferError, UsageError
from dfer.faces.face_source import AlreadyCropped, Detected
from dfer.predict.loaded import LoadedRecogniser, load_trained, load_zero_shot
from dfer.predict.predicting import predict_clips
from dfer.predict.prediction import ClipPrediction, FailedClip
from dfer.predict.reading import Opened, ReadFrame, read_clip
from dfer.predict.scoring import Scorer
from dfer.predict.windows import Windowing
from tests.predict.conftest import FRAMES, Made, stored_scores, tiny_zero_shot
from tests.training.conftest import DFEW


def predicted(loaded: LoadedRecogniser, *paths: Path, **options) -> list[ClipPrediction | FailedClip]:
    """In the order of `paths`."""
    found = dict(predict_clips(loaded, paths, faces=options.pop("faces", AlreadyCropped()), **options))
    assert sorted(found) == list(range(len(paths)))
    return [found[place] for place in range(len(paths))]


def one(loaded: LoadedRecogniser, path: Path, **options) -> ClipPrediction:
    (found,) = predicted(loaded, path, **options)
    assert isinstance(found, ClipPrediction)
    return found


def frames_seen(loaded: LoadedRecogniser) -> list[int]:
    """How many frames are in each batch that passes the tower from now on."""
    seen: list[int] = []
    loaded.recogniser.visual.register_forward_hook(lambda _, given, features: seen.append(len(features)))
    return seen


def trained(db: Database, name: str, words: str) -> LoadedRecogniser:
    return load_trained(find_run(db, name), find_set(db, words), accelerator="cpu")


# Whatever way a clip comes in, it gets the scores that evaluation gave it.


@pytest.mark.parametrize(
    ("run", "words", "stored"), [("r1", "v1", "r1"), ("r1", "v2", "r2"), ("r3", "v1", "r3")]
)
def test_a_data_sets_clip_gets_the_scores_that_its_evaluation_stored(
    db, made: Made, run: str, words: str, stored: str
) -> None:
    expected = stored_scores(db, stored)
    paths = made.clips()
    found = predicted(trained(db, run, words), *(paths[clip] for clip in expected), threads=2)
    assert len(expected) == 7
    for clip, (name, scores) in zip(found, expected.items(), strict=True):
        assert clip.scores == pytest.approx(scores, abs=1e-4), name
        assert clip.probabilities == pytest.approx(torch.tensor(scores).softmax(dim=0).tolist(), abs=1e-4)
        assert clip.best == int(np.argmax(scores))
        assert (clip.kind, clip.seen) == ("frames", clip.frames)


def test_words_without_a_run_are_zero_shot_and_score_as_such_a_run(
    db, made: Made, v1: DescriptionSet
) -> None:
    loaded = tiny_zero_shot(v1, frames=16)
    clip, scores = next(iter(stored_scores(db, "r3").items()))
    assert one(loaded, made.clips()[clip]).scores == pytest.approx(scores, abs=1e-4)
    assert (loaded.name, loaded.recipe) == ("zero-shot", "zero-shot")


def test_a_sets_classes_may_stand_in_another_order_than_the_runs(db, made: Made, v1: DescriptionSet) -> None:
    turned = v1.model_copy(update={"descriptions": tuple(reversed(v1.descriptions))})
    loaded = load_trained(find_run(db, "r1"), turned, accelerator="cpu")
    assert loaded.class_names == DFEW.names != turned.class_names
    clip, scores = next(iter(stored_scores(db, "r1").items()))
    assert one(loaded, made.clips()[clip]).scores == pytest.approx(scores, abs=1e-4)


# Frames pass the tower once, in full batches.


def test_windows_that_overlap_share_their_frames_features(
    zero_shot: LoadedRecogniser, noise_mp4: Path
) -> None:
    batches = frames_seen(zero_shot)
    found = one(zero_shot, noise_mp4, windowing=Windowing(seconds=2, stride=0.12))
    asked = len(found.windows) * FRAMES
    assert sum(batches) <= 300 < asked
    assert batches[:-1] == [64] * (len(batches) - 1)


def test_batches_are_filled_across_clips(zero_shot: LoadedRecogniser, made: Made) -> None:
    batches = frames_seen(zero_shot)
    paths = tuple(made.clips().values())
    predicted(zero_shot, *paths, threads=3)
    total = len(paths) * FRAMES
    assert batches == [64] * (total // 64) + [total % 64]


def test_neither_threads_nor_batches_change_what_comes_out(zero_shot: LoadedRecogniser, made: Made) -> None:
    paths = tuple(made.clips().values())[:6]
    alone = predicted(zero_shot, *paths)
    mingled = predicted(zero_shot, *paths, threads=4, batch_frames=5)
    for some, other in zip(alone, mingled, strict=True):
        assert (some.path, some.frames) == (other.path, other.frames)
        assert some.scores == pytest.approx(other.scores, abs=1e-4)


def test_no_more_of_a_long_clip_is_kept_than_its_open_windows_need(
    zero_shot: LoadedRecogniser, noise_mp4: Path
) -> None:
    scorer = Scorer(zero_shot, batch_frames=8)
    held, of = [], {Opened: scorer.open, ReadFrame: scorer.add}

    def put(message: Opened | ReadFrame) -> None:
        of[type(message)](message)
        held.append(scorer.held)

    windowing = Windowing(seconds=1, stride=0.04)
    read_clip(0, noise_mp4, put, loaded=zero_shot, faces=AlreadyCropped(), fps=25, windowing=windowing)
    scorer.encode()
    ((_, found),) = scorer.done()
    assert len(found.windows) == 276
    assert 8 <= max(held) <= 25 + 8


# Windows.


def test_a_long_clip_is_recognised_in_windows_and_says_so(
    zero_shot: LoadedRecogniser, noise_mp4: Path
) -> None:
    found = one(zero_shot, noise_mp4)
    assert [(window.start, window.end) for window in found.windows] == [(n, n + 2) for n in range(11)]
    assert "longer than 10 s: recognised in windows of 2 s every 1 s" in found.notes[-1]
    assert found.probabilities == pytest.approx(
        np.mean([window.probabilities for window in found.windows], axis=0)
    )
    assert sum(found.probabilities) == pytest.approx(1)


def test_windows_that_were_asked_for_need_no_word(zero_shot: LoadedRecogniser, noise_mp4: Path) -> None:
    assert one(zero_shot, noise_mp4, windowing=Windowing(seconds=4)).notes == ()
    assert len(one(zero_shot, noise_mp4, windowing=Windowing(seconds=0)).windows) == 1


def test_a_window_scores_as_a_clip_of_its_frames(
    zero_shot: LoadedRecogniser, made: Made, tmp_path: Path
) -> None:
    whole = max(made.clips().values(), key=lambda path: len(list(path.iterdir())))
    part = tmp_path / "part"
    part.mkdir()
    for file in sorted(whole.iterdir())[8:16]:
        shutil.copy(file, part)
    windows = one(zero_shot, whole, fps=8, windowing=Windowing(seconds=1, stride=1)).windows
    assert windows[1].scores == pytest.approx(one(zero_shot, part, fps=8).scores, abs=1e-4)


def test_the_frame_rate_of_a_folder_decides_its_windows(zero_shot: LoadedRecogniser, made: Made) -> None:
    clip = next(iter(made.clips().values()))
    slow, fast = (one(zero_shot, clip, fps=fps) for fps in (1, 25))
    assert slow.seconds == pytest.approx(25 * fast.seconds)
    assert len(slow.windows) > len(fast.windows) == 1


# What people bring.


def test_an_image_is_a_clip_of_one_frame(zero_shot: LoadedRecogniser, made: Made, tmp_path: Path) -> None:
    clip = next(iter(made.clips().values()))
    frame = sorted(clip.iterdir())[0]
    alone = tmp_path / "folder"
    alone.mkdir()
    shutil.copy(frame, alone)
    found = one(zero_shot, frame)
    assert (found.kind, found.frames, found.seconds) == ("image", 1, 0)
    assert found.scores == pytest.approx(one(zero_shot, alone).scores, abs=1e-4)


def test_a_broken_clip_does_not_stop_the_others(
    zero_shot: LoadedRecogniser, made: Made, tmp_path: Path
) -> None:
    broken, empty = tmp_path / "broken.mp4", tmp_path / "empty"
    broken.write_bytes(b"no video at all")
    empty.mkdir()
    good = tuple(made.clips().values())[:2]
    found = predicted(zero_shot, good[0], broken, empty, good[1], threads=2)
    assert [type(clip) for clip in found] == [ClipPrediction, FailedClip, FailedClip, ClipPrediction]
    assert "broken.mp4" in found[1].message
    assert "no frames in the clip" in found[2].message


def test_a_clip_that_breaks_off_is_recognised_by_what_there_is(
    zero_shot: LoadedRecogniser, tmp_path: Path
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(6):
        Image.new("RGB", (64, 64), (40 * number, 0, 0)).save(frames / f"{number}.png")
    (frames / "4.png").write_bytes((frames / "4.png").read_bytes()[:40])
    found = one(zero_shot, frames)
    assert found.frames == 5
    assert "4.png" in found.notes[0]


def test_a_missing_detector_is_no_fault_of_the_clips(zero_shot: LoadedRecogniser, made: Made) -> None:
    clip = next(iter(made.clips().values()))
    with pytest.raises(ConfigurationError, match=r"yunet\.onnx"):
        one(zero_shot, clip, faces=Detected(Path("yunet.onnx")))


def test_scores_that_are_no_numbers_are_an_error(zero_shot: LoadedRecogniser, made: Made) -> None:
    with torch.no_grad():
        next(zero_shot.recogniser.visual.parameters()).fill_(float("nan"))
    with pytest.raises(DferError, match="no numbers"):
        one(zero_shot, next(iter(made.clips().values())))


def test_reading_ends_where_the_model_fails(zero_shot: LoadedRecogniser, noise_mp4: Path) -> None:
    with torch.no_grad():
        next(zero_shot.recogniser.visual.parameters()).fill_(float("nan"))
    before = threading.active_count()
    windowing = Windowing(seconds=1)
    try:
        for _ in predict_clips(
            zero_shot,
            [noise_mp4] * 3,
            faces=AlreadyCropped(),
            threads=2,
            batch_frames=4,
            windowing=windowing,
        ):
            pass
    except DferError:  # its traceback still holds every frame of the call
        assert threading.active_count() == before
    else:
        pytest.fail("no error")


def test_what_was_seen_can_be_kept_to_explain_it(zero_shot: LoadedRecogniser, tmp_path: Path) -> None:
    file = tmp_path / "two.mp4"
    grey, red = (np.full((64, 64, 3), colour, dtype=np.uint8) for colour in (90, (200, 0, 0)))
    write_mp4(file, [grey] * 25 + [red] * 25, size=64)
    found = one(zero_shot, file, windowing=Windowing(seconds=1, stride=1), keep_seen=True, batch_frames=3)
    seen = found.evidence
    assert seen is not None
    assert seen.features.shape == (2, FRAMES, 256)
    logits = zero_shot.recogniser(seen.features)
    assert logits.tolist() == [pytest.approx(window.scores, abs=1e-4) for window in found.windows]
    strongest = max(found.windows, key=lambda window: window.probabilities[found.best])
    assert found.windows[seen.window] == strongest
    assert all(strongest.start <= time < strongest.end for time in seen.times)
    is_red = [picture[32, 32, 0] > 150 for picture in seen.pictures]
    assert is_red == [strongest.start >= 1] * FRAMES


# What cannot be loaded.


def test_a_run_that_failed_says_why_it_cannot_recognise(db) -> None:
    with pytest.raises(UsageError, match="r4 failed: the disk is full"):
        trained(db, "r4", "v1")


def test_a_run_of_other_words_names_what_to_call_instead(db) -> None:
    with pytest.raises(UsageError, match="weights of another run") as error:
        trained(db, "r2", "v2")
    assert "--descriptions v2" in error.value.hint


def test_a_checkpoint_that_was_deleted_is_named(db, v1, made: Made, tmp_path: Path) -> None:
    run = find_run(db, "r1").model_copy(update={"folder": str(tmp_path / "gone")})
    with pytest.raises(ContentError, match="no checkpoint in"):
        load_trained(run, v1, accelerator="cpu")


def test_words_for_other_classes_are_refused(db, v1) -> None:
    fewer = v1.model_copy(update={"descriptions": v1.descriptions[:-1]})
    with pytest.raises(ContentError, match="r1 was trained for the classes"):
        load_trained(find_run(db, "r1"), fewer, accelerator="cpu")
    assert len(load_trained(find_run(db, "r3"), fewer, accelerator="cpu").class_names) == 6


def test_a_setting_that_zero_shot_does_not_have_is_refused(v1) -> None:
    with pytest.raises(UsageError, match="no setting epochs"):
        load_zero_shot(v1, overrides={"epochs": 3}, architecture="tiny", pretrained=None)
