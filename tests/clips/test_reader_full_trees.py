"""Each reader on a whole data set as it would lie on disk, with clips that can be read."""

from collections import Counter
from pathlib import Path

import pytest

from dfer.class_sets.class_set import load_class_set
from dfer.clips.clip import Clip
from dfer.clips.folds import select_fold
from dfer.clips.frames import count_frames, read_frames
from dfer.clips.labels import with_known_labels
from dfer.clips.readers.reading import read_clips
from dfer.clips.synthetic.world import draw_world

# data set, layout it lies in, class set, folds
FULL = [
    ("csv", "csv", "mafw11", 5),
    ("dfew", "dfew", "dfew7", 5),
    ("ferv39k", "ferv39k", "ferv39k7", 1),
    ("mafw", "mafw", "mafw11", 5),
    ("mafw-compound", "mafw", "mafw43", 5),
    ("afew", "afew", "afew7", 1),
]


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A hundred small clips in each layout; csv's path is the list, the others' their folder."""
    folder = tmp_path_factory.mktemp("trees")
    return {
        layout: draw_world(
            folder / layout,
            class_set=load_class_set(classes),
            layout=layout,
            clips=110,
            seed=5,
            size=32,
            frames=3,
        )
        for _, layout, classes, _ in FULL
        if not classes.endswith("43")
    }


def read(trees: dict[str, Path], dataset: str, layout: str, classes: str) -> list[Clip]:
    class_set = load_class_set(classes)
    # With 110 clips not all of 43 classes come up.
    return with_known_labels(
        read_clips(dataset, trees[layout]), class_set.names, allow_missing=classes == "mafw43"
    )


@pytest.mark.parametrize(("dataset", "layout", "classes", "folds"), FULL)
def test_every_clip_is_found_labelled_and_readable_and_no_one_is_on_two_sides(
    trees: dict[str, Path], dataset: str, layout: str, classes: str, folds: int
) -> None:
    clips = read(trees, dataset, layout, classes)
    assert len({clip.id for clip in clips}) == 110
    assert {clip.fold for clip in clips} == set(range(1, folds + 1))
    tested: Counter[str] = Counter()
    for fold in range(1, folds + 1):
        split = select_fold(clips, fold)
        assert len(split.train) + len(split.test) == 110
        tested.update(clip.id for clip in split.test)
    assert len(tested) == (110 if folds == 5 else len(select_fold(clips, 1).test))
    assert set(tested.values()) == {1}
    for clip in clips[::40]:
        assert read_frames(clip.path, [0, count_frames(clip.path) - 1]).shape == (2, 32, 32, 3)


def test_the_labels_are_those_that_were_drawn(trees: dict[str, Path]) -> None:
    """The layouts draw the same clips in the same order; only names and codings of the labels differ."""
    drawn = Counter(clip.label for clip in read(trees, "dfew", "dfew", "dfew7") if clip.fold == 1)
    for dataset in ("ferv39k", "afew"):
        assert Counter(clip.label for clip in read(trees, dataset, dataset, f"{dataset}7")) == drawn
    from_csv = Counter(clip.label for clip in read(trees, "csv", "csv", "mafw11"))
    assert Counter(c.label for c in read(trees, "mafw", "mafw", "mafw11") if c.fold == 1) == from_csv


def test_captions_votes_scenes_and_sources_arrive_where_the_data_set_has_them(trees: dict[str, Path]) -> None:
    mafw = read(trees, "mafw", "mafw", "mafw11")
    assert all((clip.caption is None) == (clip.label == "neutral") for clip in mafw)
    assert all(" with " in clip.caption for clip in mafw if clip.caption)
    assert len({clip.source for clip in mafw}) > 1
    for clip in read(trees, "dfew", "dfew", "dfew7"):
        assert clip.votes is not None
        assert sum(count for _, count in clip.votes) == 10
        assert max(clip.votes, key=lambda vote: vote[1])[0] == clip.label
    assert len({clip.scene for clip in read(trees, "ferv39k", "ferv39k", "ferv39k7")}) > 5


def test_the_two_protocols_of_mafw_share_clips_and_compounds_hold_the_single_label(
    trees: dict[str, Path],
) -> None:
    single = {clip.id: clip.label for clip in read(trees, "mafw", "mafw", "mafw11")}
    compound = {clip.id: clip.label for clip in read(trees, "mafw-compound", "mafw", "mafw43")}
    assert single.keys() == compound.keys()
    assert all(single[name] in compound[name].split("_") for name in single)
    assert any("_" in label for label in compound.values())
