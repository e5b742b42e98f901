"""YuNet's file, and OpenCV's own code on a real network with its outputs, which takes pure red for a face."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from films import grey, write_film
from tiny_detector import FACE, write_tiny_detector

from dfer.clips.image_file import Pixels
from dfer.errors import ConfigurationError, ContentError
from dfer.faces.box import Box
from dfer.faces.detector import FaceDetector
from dfer.faces.face_source import Detected
from dfer.faces.recording import open_recording


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_detector(tmp_path_factory.mktemp("onnx") / "tiny.onnx")


def scene(*cells: tuple[int, int], height: int = 240, width: int = 320) -> Pixels:
    """A grey picture with red cells (column, row) of 32 pixels."""
    picture = grey(110, height, width)
    for column, row in cells:
        picture[32 * row : 32 * row + 32, 32 * column : 32 * column + 32] = (255, 0, 0)
    return picture


def around(column: int, row: int) -> Box:
    x, y = 32 * column + 16, 32 * row + 16
    return Box(x - FACE / 2, y - FACE / 2, x + FACE / 2, y + FACE / 2)


def test_a_missing_file_says_from_where_to_fetch_it_and_how_to_call_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the face detector .*gone\.onnx") as caught:
        FaceDetector(tmp_path / "gone.onnx")
    assert caught.value.exit_code == 3
    assert "https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet" in caught.value.hint
    assert "face_detection_yunet_2023mar.onnx" in caught.value.hint
    assert "--face-detector FILE" in caught.value.hint
    with pytest.raises(ConfigurationError, match="cannot read the face detector"):
        FaceDetector(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no model", b"<!DOCTYPE html>" * 50, b"\x08\x06" * 100])
def test_a_file_that_is_no_onnx_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)
    with pytest.raises(
        ConfigurationError, match=r"expected OpenCV's YuNet .*, found .*model\.onnx"
    ) as caught:
        FaceDetector(file)
    assert "opencv_zoo" in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_pointer_that_git_left_instead_of_the_model_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 232589\n")
    with pytest.raises(ConfigurationError, match="is a Git LFS pointer"):
        FaceDetector(file)


def test_another_network_is_no_detector(tmp_path: Path, detector: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(detector.read_bytes().replace(b"kps_8", b"abc_8"))
    with pytest.raises(ConfigurationError, match="expected OpenCV's YuNet"):
        FaceDetector(other)


def test_faces_are_found_in_the_pictures_own_pixels(detector: Path) -> None:
    (face,) = FaceDetector(detector).faces(scene((3, 4)))
    assert face.box == around(3, 4)
    assert 0.7 < face.confidence <= 1
    found = FaceDetector(detector).faces(scene((1, 1), (7, 5)))
    assert {face.box for face in found} == {around(1, 1), around(7, 5)}
    assert FaceDetector(detector).faces(scene()) == ()


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (1920, 1080), (900, 900), (131, 97)])
def test_pictures_of_any_size_and_shape_are_looked_at(detector: Path, height: int, width: int) -> None:
    """A red face a quarter of the short side; the network sees it to within a cell."""
    picture = grey(110, height, width)
    side = max(70, min(height, width) // 4)
    top, left = (height - side) // 2, (width - side) // 2
    picture[top : top + side, left : left + side] = (255, 0, 0)
    found = FaceDetector(detector).faces(picture)
    assert found
    scale = max(1, max(height, width) / 640, min(height, width) / 360)
    x, y = found[0].box.centre
    assert abs(x - width / 2) <= side / 2
    assert abs(y - height / 2) <= side / 2
    assert found[0].box.width == pytest.approx(FACE * scale, rel=0.02)


def test_a_clip_is_cropped_around_the_face_that_is_found(tmp_path: Path, detector: Path) -> None:
    columns = [2, 2, 3, 3, None, 4, 4, 5]
    pictures = [scene() if column is None else scene((column, 3)) for column in columns]
    film = write_film(tmp_path / "a.mp4", pictures)
    recording = open_recording(film, faces=Detected(detector, margin=0.0))
    assert recording.seen == tuple(column is not None for column in columns)
    assert recording.notes[0].startswith("no box on 1 of 8 frames:")
    path = [box.centre[0] for box in recording.boxes if box]
    assert path == sorted(path)
    assert path[0] == pytest.approx(80)
    assert path[-1] == pytest.approx(176)
    for crop in recording.crops(size=96, fit="stretch"):
        assert crop.shape == (96, 96, 3)
    framed = open_recording(film, faces=Detected(detector)).boxes[0]
    assert framed is not None
    assert framed.width == pytest.approx(FACE * 1.3)


def test_a_clip_without_a_face_is_an_error_that_says_what_else_can_be_done(
    tmp_path: Path, detector: Path
) -> None:
    film = write_film(tmp_path / "a.mp4", [scene()] * 2)
    with pytest.raises(ContentError, match=r"no face is found in .*a\.mp4") as caught:
        open_recording(film, faces=Detected(detector))
    assert "--boxes" in caught.value.hint


def test_the_detector_is_looked_for_before_the_clip_is_read(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [scene()] * 2)
    with pytest.raises(ConfigurationError):
        open_recording(film, faces=Detected(tmp_path / "gone.onnx"))


def test_opencv_still_starts_no_threads(detector: Path) -> None:
    FaceDetector(detector).faces(np.zeros((20, 20, 3), dtype=np.uint8))
    assert cv2.getNumThreads() == 1
