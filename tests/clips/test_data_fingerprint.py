"""The data-set fingerprint: changes with the data, and only with the data."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dfer.clips.clip import Clip
from dfer.clips.fingerprint import fingerprint
from dfer.errors import ContentError


def make(root: Path) -> list[Clip]:
    for name, frames in (("a", 3), ("b", 4)):
        (root / name).mkdir(parents=True)
        for i in range(frames):
            (root / name / f"{i}.jpg").write_bytes(b"x")
    (root / "v.mp4").write_bytes(b"12345")
    return [
        Clip(id="a", path=root / "a", label="anger", split="train", fold=1),
        Clip(id="b", path=root / "b", label="fear", fold=2, caption="wide eyes"),
        Clip(id="v", path=root / "v.mp4", label="fear"),
    ]


def test_it_names_its_kind_and_is_the_same_in_any_order_and_place(tmp_path: Path) -> None:
    here, there = make(tmp_path / "here"), make(tmp_path / "there")
    assert fingerprint(here).startswith("data1:")
    assert len(fingerprint(here)) == len("data1:") + 64
    assert fingerprint(here) == fingerprint(there[::-1])


def test_it_is_a_contract_that_does_not_drift(tmp_path: Path) -> None:
    # Stored with every run: changing the recipe needs a new prefix.
    assert fingerprint(make(tmp_path)) == EXPECTED


EXPECTED = "data1:a09c1052c5c17176ea125dc3fd2a227da52e175e5800a5237b9420e411dc86d1"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "z"},
        {"label": "joy"},
        {"split": "test"},
        {"fold": 3},
        {"caption": "narrow eyes"},
        {"subject": "s1"},
    ],
)
def test_each_part_of_a_row_matters(tmp_path: Path, change: dict[str, Any]) -> None:
    clips = make(tmp_path)
    assert fingerprint([replace(clips[0], **change), *clips[1:]]) != fingerprint(clips)


def test_a_frame_more_a_longer_video_or_a_clip_less_matters(tmp_path: Path) -> None:
    clips = make(tmp_path)
    seen = {fingerprint(clips), fingerprint(clips[1:])}
    (tmp_path / "a" / "9.jpg").write_bytes(b"x")
    seen.add(fingerprint(clips))
    (tmp_path / "v.mp4").write_bytes(b"123456")
    seen.add(fingerprint(clips))
    (tmp_path / "a" / "9.jpg").write_bytes(b"cropped anew")
    seen.add(fingerprint(clips))
    assert len(seen) == 5


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    for name in ("gone", "gone.mp4"):
        with pytest.raises(ContentError, match=name):
            fingerprint([Clip(id="g", path=tmp_path / name, label="x")])


def test_sources_decide_what_is_set_aside_and_so_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"12345")
    clip = Clip(id="v", path=tmp_path / "v.mp4", label="fear")
    plain, one, other = (fingerprint([replace(clip, source=source)]) for source in (None, "a", "b"))
    assert len({plain, one, other}) == 3
    assert plain == fingerprint([clip])
