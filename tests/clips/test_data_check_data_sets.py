"""Faults that belong to one data set: its own lists, its published counts, its protocols."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dfer.class_sets import load_class_set
from dfer.clips.checking import Finding, Report, examine, other_protocol
from dfer.clips.checking.published import PUBLISHED
from dfer.clips.checking.totals import look_at_totals
from dfer.clips.clip import Clip
from dfer.clips.readers.reading import list_clips

CLASS_SETS = {"dfew": "dfew7", "ferv39k": "ferv39k7", "mafw": "mafw11", "mafw-compound": "mafw43"}


def make_clip(folder: Path) -> None:
    """Three frames of noise, different for every folder."""
    folder.mkdir(parents=True)
    seed = int.from_bytes(str(folder.name).encode() + str(folder.parent.name).encode()[:4], "big")
    rng = np.random.default_rng(seed)
    for number in range(1, 4):
        pixels = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03d}.jpg")


def look_at(dataset: str, data: Path) -> Report:
    return examine(
        list_clips(dataset, data),
        dataset=dataset,
        class_names=load_class_set(CLASS_SETS[dataset]).names,
        frames=3,
        other=other_protocol(dataset, data),
    )


def of_kind(report: Report, kind: str) -> Finding:
    return next(finding for finding in report.findings if finding.kind == kind)


def make_dfew(folder: Path, *, first: int) -> Path:
    """Two clips a class; labels count from `first`."""
    for split, numbers in (("train", range(1, 8)), ("test", range(8, 15))):
        lines = ["video_name,label"]
        for number in numbers:
            make_clip(folder / "Clip" / "clip_224x224" / f"{number:05d}")
            lines.append(f"{number:05d},{first + (number - 1) % 7}")
        file = folder / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / "set_1.csv"
        file.parent.mkdir(parents=True)
        file.write_text("\n".join(lines) + "\n")
    return folder


def test_a_small_dfew_is_a_subset_and_ready_to_train(tmp_path: Path) -> None:
    report = look_at("dfew", make_dfew(tmp_path / "DFEW", first=1))
    assert {finding.severity for finding in report.findings} == {"note"}
    assert "14 of 11,697 clips" in of_kind(report, "subset").message


def test_dfew_labels_that_count_from_zero_are_an_error(tmp_path: Path) -> None:
    report = look_at("dfew", make_dfew(tmp_path / "DFEW", first=0))
    assert not report.ok
    assert "set_1.csv" in of_kind(report, "label-coding").examples[0]


def test_ferv39k_labels_that_contradict_the_folders_are_an_error(tmp_path: Path) -> None:
    emotions = ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
    lists = tmp_path / "4_setups" / "All_scenes"
    lists.mkdir(parents=True)
    for split, number in (("train", "0001"), ("test", "0002")):
        lines = []
        for emotion in emotions:
            make_clip(tmp_path / "2_ClipsforFaceCrop" / "Crime" / emotion / number)
            lines.append(f"Crime/{emotion}/{number} {emotion}")
        lines[0] = lines[0].replace(" Angry", " Happy")
        (lists / f"{split}_All.csv").write_text("\n".join(lines) + "\n")
    found = of_kind(look_at("ferv39k", tmp_path), "label-coding")
    assert (found.severity, found.count) == ("error", 2)


def make_mafw(folder: Path, lists: Mapping[str, Mapping[str, list[int]]]) -> Path:
    """`lists`: protocol, split, clips; the classes take turns with the number of the clip."""
    names = load_class_set("mafw11").names
    for number in sorted({n for splits in lists.values() for clips in splits.values() for n in clips}):
        make_clip(folder / "data" / "faces" / f"{number:05d}")
    for protocol, splits in lists.items():
        for split, clips in splits.items():
            file = folder / "Train & Test Set" / protocol / "no_caption" / "set_1" / f"{split}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{n:05d}.mp4 {names[n % 11]}\r\n" for n in clips))
    return folder


@pytest.mark.parametrize(("dataset", "severity"), [("mafw", "note"), ("mafw-compound", "warning")])
def test_clips_that_change_sides_between_mafw_protocols_are_counted(
    dataset: str, severity: str, tmp_path: Path
) -> None:
    one, other = list(range(1, 12)), list(range(12, 23))
    data = make_mafw(
        tmp_path / "MAFW",
        {
            "single": {"train": one, "test": other},
            "compound": {"train": [*one[:8], *other[6:]], "test": [*one[8:], *other[:6]]},
        },
    )
    found = of_kind(look_at(dataset, data), "protocol-leak")
    assert (found.severity, found.count) == (severity, 3)
    assert "fold 1: 3 clips, such as" in found.examples[0]


def test_one_mafw_protocol_alone_leaks_nothing(tmp_path: Path) -> None:
    data = make_mafw(
        tmp_path / "MAFW", {"single": {"train": list(range(1, 12)), "test": list(range(12, 23))}}
    )
    assert {finding.severity for finding in look_at("mafw", data).findings} == {"note"}


def published_clips(dataset: str) -> dict[int, dict[str, tuple[Clip, ...]]]:
    """Clips in the published numbers, on no disk."""
    published = PUBLISHED[dataset]
    number = itertools.count()

    def clips(label: str, count: int) -> list[Clip]:
        return [Clip(id=str(n), path=Path(str(n)), label=label) for n in itertools.islice(number, count)]

    sides: dict[str, tuple[Clip, ...]] = {"train": (), "val": (), "test": ()}
    for (_, split), count in published.splits.items():
        classes = published.classes.get((1, split), {"anger": count})
        sides[split] = tuple(clip for label, many in classes.items() for clip in clips(label, many))
    return {1: sides}


# As the data sets' papers and lists have them: clips, then train and test of fold 1.
COUNTS = {
    "dfew": (11_697, 9_356, 2_341),
    "ferv39k": (38_935, 31_088, 7_847),
    "mafw": (9_172, 7_333, 1_839),
    "mafw-compound": (8_996, None, None),
    "afew": (1_154, 773, 381),
}
CLASS_COUNTS = {  # happiness, sadness, neutral, anger, surprise, disgust, fear
    ("dfew", "test"): (489, 379, 534, 435, 294, 29, 181),
    ("ferv39k", "train"): (5_854, 5_523, 7_790, 5_906, 2_502, 1_833, 1_680),
    ("ferv39k", "test"): (1_473, 1_393, 1_958, 1_487, 638, 467, 431),
}


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_the_published_counts_are_those_of_the_papers(dataset: str) -> None:
    published = PUBLISHED[dataset]
    train, test = (published.splits.get((1, split)) for split in ("train", "test"))
    assert (published.clips, train, test) == COUNTS[dataset]
    if train is not None and test is not None:
        assert train + test == published.clips
    for (fold, split), classes in published.classes.items():
        names = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")
        assert classes == dict(zip(names, CLASS_COUNTS[dataset, split], strict=True))
        assert sum(classes.values()) == published.splits[fold, split]


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_a_data_set_in_its_published_counts_is_not_wondered_at(dataset: str) -> None:
    assert list(look_at_totals(dataset, PUBLISHED[dataset].clips, published_clips(dataset))) == []


@pytest.mark.parametrize(("clips", "severity"), [(1_000, "note"), (1_200, "warning"), (5_800, "warning")])
def test_half_a_data_set_may_be_a_lost_one_and_a_tenth_is_an_excerpt(clips: int, severity: str) -> None:
    (found,) = look_at_totals("dfew", clips, {})
    assert (found.kind, found.severity) == ("subset", severity)


def test_classes_in_other_numbers_than_published_are_named_with_the_difference() -> None:
    folds = published_clips("ferv39k")
    train = list(folds[1]["train"])
    folds[1]["train"] = tuple(clip for i, clip in enumerate(train) if clip.label != "fear" or i % 2)
    lost = len(train) - len(folds[1]["train"])
    (found,) = look_at_totals("ferv39k", 38_935 - lost, folds)
    assert (found.kind, found.severity) == ("published-counts", "warning")
    assert f"fold 1 train, fear: {1680 - lost:,} clips, published 1,680 (−{lost})" in found.examples


def test_mafw_lists_with_captions_are_recognised_by_their_number() -> None:
    (found,) = look_at_totals("mafw", 8_034, {})
    assert "leave out the neutral clips" in found.hint


def test_nothing_is_known_of_lists_of_ones_own() -> None:
    assert list(look_at_totals("csv", 12, {})) == []
