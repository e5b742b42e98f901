"""Timelines and tables of predictions as files."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from dfer.errors import ConfigurationError, UsageError
from dfer.experiments.report.drawing import SERIES, drawing
from dfer.predict.loaded import LoadedRecogniser
from dfer.predict.prediction import ClipPrediction, FailedClip, window_prediction
from dfer.predict.predictions_file import predictions_file
from dfer.predict.timeline import check_timeline_path, write_timeline
from dfer.predict.timeline_figure import timeline_figure

NAMES = ("anger", "joy, quiet", "$fear$")


def clip(*best: int, classes: int = 3, name: str = "a.mp4") -> ClipPrediction:
    """Of a window a second, in each of which another class is ahead."""
    windows = tuple(
        window_prediction(start, start + 1, 2.0 * torch.eye(classes)[place])
        for start, place in enumerate(best)
    )
    return ClipPrediction(
        path=Path(name), kind="video", windows=windows, frames=25 * len(best), seen=20, seconds=len(best),
        notes=("one", "two"),
    )  # fmt: skip


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_timeline_as_csv_has_a_row_for_each_window(zero_shot: LoadedRecogniser, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    found = clip(0, 2, 1, classes=7)
    write_timeline(file, found, zero_shot)
    rows = rows_of(file)
    assert [(row["start"], row["end"]) for row in rows] == [("0", "1"), ("1", "2"), ("2", "3")]
    assert [row["class"] for row in rows] == [zero_shot.class_names[place] for place in (0, 2, 1)]
    for row, window in zip(rows, found.windows, strict=True):
        own = [float(row[f"p_{name}"]) for name in zero_shot.class_names]
        assert own == pytest.approx(window.probabilities, abs=1e-6)
        assert float(row["probability"]) == max(own)


def test_a_timeline_as_json_is_what_the_command_prints(zero_shot: LoadedRecogniser, tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    write_timeline(file, clip(0, 1, classes=7), zero_shot)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["schema_version"] == 1
    assert (content["run"], content["recipe"], content["set"]) == (None, "zero-shot", "v1")
    (only,) = content["clips"]
    assert [window["start"] for window in only["windows"]] == [0, 1]
    assert sum(only["probabilities"].values()) == pytest.approx(1)
    assert only["class"] == max(only["probabilities"], key=only["probabilities"].get)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_timeline_is_drawn_the_same_each_time(zero_shot, tmp_path: Path, suffix: str) -> None:
    first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
    for file in (first, second):
        write_timeline(file, clip(0, 1, 0, classes=7), zero_shot)
    assert first.read_bytes() == second.read_bytes()
    if suffix == ".png":
        assert Image.open(first).size[0] > 1000
    if suffix == ".svg":
        text = "".join(ElementTree.parse(first).getroot().itertext())
        assert all(name in text for name in (*zero_shot.class_names, "seconds", "probability, %"))


def test_a_class_has_its_colour_by_its_place_whatever_else_is_drawn() -> None:
    with drawing("timeline"):
        for found in (clip(0, 1, 2), clip(2, 2)):
            lines = timeline_figure(found, NAMES).axes[1].lines
            assert [line.get_color() for line in lines] == list(SERIES[:3])


def test_names_are_drawn_as_they_are_written() -> None:
    with drawing("timeline"):
        figure = timeline_figure(clip(2, 2), NAMES)
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == list(NAMES)
        assert not any(text.get_parse_math() for text in (*legend.get_texts(), *figure.axes[0].texts))
        assert [text.get_text() for text in figure.axes[0].texts] == ["$fear$"]


def test_of_many_classes_those_that_are_ever_ahead_are_named() -> None:
    names = tuple(f"class {number}" for number in range(43))
    with drawing("timeline"):
        figure = timeline_figure(clip(40, 3, classes=43), names)
        named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(named) == 11
    assert {"class 40", "class 3"} <= set(named)


@pytest.mark.parametrize("found", [clip(1), clip(*[0, 1] * 400)])
def test_one_window_and_a_thousand_can_be_drawn(found: ClipPrediction) -> None:
    with drawing("timeline"):
        figure = timeline_figure(found, NAMES)
    line = figure.axes[1].lines[0]
    assert (line.get_xdata()[0], line.get_xdata()[-1]) == (0, found.seconds)
    assert np.allclose(line.get_ydata()[1:-1], [100 * window.probabilities[0] for window in found.windows])


def test_a_timeline_of_another_kind_is_refused_early(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no timeline of that kind"):
        check_timeline_path(Path("t.gif"))


def test_a_folder_that_is_not_there_is_named(zero_shot: LoadedRecogniser, tmp_path: Path) -> None:
    for suffix in (".csv", ".png"):
        with pytest.raises(ConfigurationError, match="cannot write"):
            write_timeline(tmp_path / "no" / f"t{suffix}", clip(1, classes=7), zero_shot)


def test_predictions_stand_in_the_order_of_the_clips(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    with predictions_file(file, NAMES) as rows:
        rows.add(2, clip(0, name="c.mp4"))
        rows.add(0, FailedClip(path=Path("a.mp4"), message="it is broken", hint="mend it"))
        assert [row["path"] for row in rows_of(file)] == ["c.mp4", "a.mp4"]  # on the disk at once
        rows.add(1, clip(1, name="b, the second.mp4"))
    first, second, third = rows_of(file)
    assert (first["path"], first["class"], first["error"]) == ("a.mp4", "", "it is broken")
    assert (second["path"], second["class"], second["notes"]) == ("b, the second.mp4", NAMES[1], "one; two")
    assert (third["frames"], third["seen"], third["seconds"]) == ("25", "20", "1")
    assert [float(third[f"p_{name}"]) for name in NAMES] == pytest.approx(clip(0).probabilities, abs=1e-6)


def test_what_was_done_stays_when_something_goes_wrong(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"

    def stop_in_the_middle() -> None:
        with predictions_file(file, NAMES) as rows:
            rows.add(1, clip(0, name="b.mp4"))
            rows.add(0, clip(0, name="a.mp4"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle()
    assert [row["path"] for row in rows_of(file)] == ["a.mp4", "b.mp4"]


def test_a_row_that_finds_no_room_is_tried_again_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with predictions_file(folder / "p.csv", NAMES) as rows:
        rows.add(0, clip(0, name="a.mp4"))
        folder.rename(tmp_path / "away")  # as a network's folder goes and comes back
        rows.add(1, clip(0, name="b.mp4"))
        (tmp_path / "away").rename(folder)
        rows.add(2, clip(0, name="c.mp4"))
        assert [row["path"] for row in rows_of(folder / "p.csv")] == ["a.mp4", "c.mp4"]
    assert [row["path"] for row in rows_of(folder / "p.csv")] == ["a.mp4", "b.mp4", "c.mp4"]


def test_a_file_that_cannot_be_written_at_the_end_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()

    def lose_the_folder() -> None:
        with predictions_file(folder / "p.csv", NAMES) as rows:
            folder.rename(tmp_path / "away")
            rows.add(0, clip(0))

    with pytest.raises(ConfigurationError, match=r"cannot write .*p\.csv"):
        lose_the_folder()


def test_an_error_of_something_else_is_no_error_of_the_file(tmp_path: Path) -> None:
    def lose_the_network() -> None:
        with predictions_file(tmp_path / "p.csv", NAMES):
            raise OSError("the network is gone")

    with pytest.raises(OSError, match="the network is gone"):
        lose_the_network()
