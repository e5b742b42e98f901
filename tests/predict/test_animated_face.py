"""Must show: on a film of a face that moves through a larger picture, the timeline follows the script."""

import pytest
from PIL import Image

from description_store.records import DescriptionSet
from dfer.clips.video_file import read_video_frames
from dfer.faces.face_source import AlreadyCropped, GivenBoxes
from dfer.predict.loaded import LoadedRecogniser, load_zero_shot
from dfer.predict.predicting import predict_clips
from dfer.predict.prediction import ClipPrediction
from dfer.predict.windows import Windowing
from tests.predict.animated_face import HEIGHT, WIDTH, Acted, act

SCRIPT = ("neutral", "happiness", "surprise", "anger")
SECONDS = 2.0
ONE_AT_A_TIME = Windowing(seconds=1.0, stride=0.5)


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Acted:
    return act(tmp_path_factory.mktemp("film"), SCRIPT, seconds=SECONDS)


@pytest.fixture
def understands(v1: DescriptionSet) -> LoadedRecogniser:
    """The CLIP to which words mean something, with the offline author's."""
    return load_zero_shot(v1, overrides={}, architecture="dfer-tiny", pretrained="shipped", accelerator="cpu")


def timeline(loaded: LoadedRecogniser, acted: Acted, *, boxes: bool) -> ClipPrediction:
    faces = GivenBoxes(acted.boxes) if boxes else AlreadyCropped()
    ((_, found),) = predict_clips(loaded, [acted.video], faces=faces, windowing=ONE_AT_A_TIME)
    assert isinstance(found, ClipPrediction)
    return found


def right(found: ClipPrediction, loaded: LoadedRecogniser) -> list[bool]:
    """Of each window that lies within one emotion of the script, past its onset, whether it is recognised."""
    said = []
    for window in found.windows:
        first, last = (int((time + 1e-6) / SECONDS) for time in (window.start, window.end - 0.04))
        if first == last:
            said.append(loaded.class_names[window.best] == SCRIPT[first])
    return said


def test_the_timeline_follows_the_script_that_drew_the_face(
    understands: LoadedRecogniser, acted: Acted
) -> None:
    found = timeline(understands, acted, boxes=True)
    said = right(found, understands)
    assert len(said) == 12
    assert all(said), [understands.class_names[window.best] for window in found.windows]
    assert found.seen == found.frames == 200


def test_without_the_boxes_it_does_not(understands: LoadedRecogniser, acted: Acted) -> None:
    assert not all(right(timeline(understands, acted, boxes=False), understands))


def test_the_film_shows_a_small_face_in_a_large_picture(acted: Acted) -> None:
    frame = Image.fromarray(read_video_frames(acted.video, [100])[0])
    assert frame.size == (WIDTH, HEIGHT)
    rows = acted.boxes.read_text(encoding="utf-8").splitlines()
    boxes = [[int(number) for number in row.split(",")] for row in rows[1:]]
    assert len(boxes) == 200
    for _, left, top, box_right, bottom in boxes:
        assert 0 <= left < box_right <= WIDTH
        assert 0 <= top < bottom <= HEIGHT
    assert max(box[1] for box in boxes) - min(box[1] for box in boxes) > 100
