"""What the names of frames tell of their order."""

import pytest

from dfer.clips.checking.numbering import gap_in, two_names


def named(*numbers: int, form: str = "{:04d}.jpg") -> tuple[str, ...]:
    return tuple(form.format(number) for number in numbers)


@pytest.mark.parametrize(
    ("frames", "gap"),
    [
        (named(1, 2, 3, 4), None),
        (named(1, 2, 4, 5), ("0002.jpg", "0004.jpg")),
        (named(7, 8, 9), None),
        (named(0, 5, 10, 15), None),
        (named(0, 5, 15, 20), ("0005.jpg", "0015.jpg")),
        (named(1, 2, 4, form="00017_{:05d}.png"), ("00017_00002.png", "00017_00004.png")),
        (named(13, 170, 512, 1999), None),
        (("a.jpg", "b.jpg", "c.jpg"), None),
        (("a1.jpg", "b2.jpg", "c9.jpg"), None),
        (named(1, 9), None),
    ],
    ids=[
        "without gaps",
        "one lost",
        "not from one on",
        "every fifth frame",
        "every fifth frame, one lost",
        "with the clip's number in front",
        "times",
        "letters",
        "several names",
        "too few to tell",
    ],
)
def test_gaps(frames: tuple[str, ...], gap: tuple[str, str] | None) -> None:
    assert gap_in(frames) == gap


@pytest.mark.parametrize(
    ("frames", "double"),
    [
        (("1.jpg", "01.jpg", "2.jpg"), ("1.jpg", "01.jpg")),
        (("1.jpg", "1.png"), ("1.jpg", "1.png")),
        (("left_1.jpg", "right_1.jpg"), None),
        (("1.jpg", "10.jpg"), None),
        (("face.jpg", "face.png"), None),
    ],
)
def test_two_names_for_one_number(frames: tuple[str, ...], double: tuple[str, str] | None) -> None:
    assert two_names(frames) == double
