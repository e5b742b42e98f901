"""Augmentation: drawn once a clip, applied alike to every frame."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from dfer.clips.augmentation import (
    AUGMENTATIONS,
    ClipDraw,
    CropDraw,
    _turned,
    apply,
    augmentation_named,
    draw,
    draw_crop,
)
from dfer.clips.image_file import Pixels
from dfer.clips.resizing import centre_square, stretch
from dfer.errors import UsageError

sides = st.integers(4, 400)


def still(**changes: Any) -> ClipDraw:
    return ClipDraw(**{"brightness": None, "angle": None, "crop": None, "flip": False, **changes})


def plain(frames: Pixels, drawn: ClipDraw, *, size: int) -> Pixels:
    """`drawn` applied with black corners and stretching, as DFER-CLIP's are."""
    return apply(frames, AUGMENTATIONS["mafw"], drawn, size=size)


def picture(height: int = 40, width: int = 60) -> Pixels:
    """Three equal frames of a smooth colour picture; (3, height, width, 3)."""
    y, x = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    frame = np.stack([x, y, (x + y) / 2], axis=-1) * 200 + 20
    return np.stack([frame.astype(np.uint8)] * 3)


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)


def pil(frames: Pixels) -> Image.Image:
    return Image.fromarray(frames[0])


def difference(frames: Pixels, image: Image.Image) -> int:
    return int(np.abs(frames[0].astype(int) - np.asarray(image).astype(int)).max())


@given(sides, sides, st.integers())
def test_a_crop_lies_inside_the_picture(height: int, width: int, seed: int) -> None:
    crop = draw_crop(height, width, random.Random(seed))
    assert crop.height >= 1
    assert crop.width >= 1
    assert 0 <= crop.top <= height - crop.height
    assert 0 <= crop.left <= width - crop.width


@given(st.integers(50, 400), st.integers())
def test_a_crop_of_a_square_has_the_published_area_and_sides(side: int, seed: int) -> None:
    crop = draw_crop(side, side, random.Random(seed))
    assert 0.07 * side * side <= crop.height * crop.width <= side * side
    assert 0.7 <= crop.height / crop.width <= 1.43


def test_where_no_crop_fits_it_is_a_square_of_the_short_side() -> None:
    crops = [draw_crop(10, 1000, random.Random(seed)) for seed in range(50)]
    assert {(crop.height, crop.width) for crop in crops} == {(10, 10)}
    assert len({crop.left for crop in crops}) > 40


def test_crops_reach_all_sizes_shapes_and_places() -> None:
    crops = [draw_crop(100, 100, random.Random(seed)) for seed in range(400)]
    areas = [crop.height * crop.width / 10_000 for crop in crops]
    assert min(areas) < 0.12
    assert max(areas) > 0.9
    assert 0.4 < sum(crop.height > crop.width for crop in crops) / 400 < 0.6
    assert max(crop.top for crop in crops) > 50
    assert max(crop.left for crop in crops) > 50


@given(st.sampled_from(sorted(AUGMENTATIONS)), st.integers())
def test_each_data_set_draws_what_its_paper_draws(name: str, seed: int) -> None:
    drawn = draw(augmentation_named(name), height=80, width=80, rng=random.Random(seed))
    assert (drawn.brightness is not None) == (name == "dfew")
    degrees = {"ferv39k": 4, "emoclip": 6}
    assert (drawn.angle is not None) == (name in degrees)
    assert (drawn.crop is not None) == (name not in ("none", "emoclip"))
    assert drawn.brightness is None or 0.5 <= drawn.brightness <= 1.5
    assert drawn.angle is None or -degrees[name] <= drawn.angle <= degrees[name]
    assert name != "none" or drawn == still()


def test_half_of_the_clips_are_mirrored() -> None:
    rng = random.Random(0)
    flips = sum(draw(AUGMENTATIONS["mafw"], height=9, width=9, rng=rng).flip for _ in range(1000))
    assert 430 < flips < 570


def test_the_same_generator_state_draws_the_same_augmentation() -> None:
    first, second = (draw(AUGMENTATIONS["dfew"], height=80, width=90, rng=random.Random(7)) for _ in "ab")
    assert first == second


@given(st.sampled_from(sorted(AUGMENTATIONS)), st.integers(), st.integers(8, 60), st.integers(8, 60))
def test_every_frame_is_changed_alike(name: str, seed: int, height: int, width: int) -> None:
    frames = picture(height, width)
    drawn = draw(AUGMENTATIONS[name], height=height, width=width, rng=random.Random(seed))
    out = apply(frames, AUGMENTATIONS[name], drawn, size=24)
    assert out.shape == (3, 24, 24, 3)
    assert out.dtype == np.uint8
    assert np.array_equal(out[0], out[1])
    assert np.array_equal(out[0], out[2])
    assert np.array_equal(frames, picture(height, width))


@given(sides, sides, st.sampled_from([24, 32, 112]))
def test_stretching_is_pil_s_bilinear_and_keeps_no_proportions(height: int, width: int, size: int) -> None:
    # Noise shows whether shrinking averages, as PIL does.
    for frames in (picture(height, width), noise(height, width)):
        expected = pil(frames).resize((size, size), Image.Resampling.BILINEAR)
        assert difference(stretch(frames, size=size), expected) <= 2


def test_frames_of_the_right_size_are_handed_on_untouched() -> None:
    frames = noise(32, 32)
    assert np.shares_memory(stretch(frames, size=32), frames)


@pytest.mark.parametrize(("height", "width"), [(90, 130), (130, 90), (20, 33), (64, 64), (65, 64)])
def test_emoclip_sees_the_middle_square_of_the_bicubic_short_side(height: int, width: int) -> None:
    frames, size = picture(height, width), 32
    scale = size / min(height, width)
    whole = pil(frames).resize(
        (size if width <= height else int(width * scale), size if height <= width else int(height * scale)),
        Image.Resampling.BICUBIC,
    )
    left, top = round((whole.width - size) / 2), round((whole.height - size) / 2)
    expected = whole.crop((left, top, left + size, top + size))
    assert difference(centre_square(frames, size=size), expected) <= 2


def test_emoclip_turns_by_up_to_six_degrees_and_fills_with_the_mean_colour_of_clip() -> None:
    emoclip = AUGMENTATIONS["emoclip"]
    out = apply(noise(40, 40), emoclip, still(angle=6.0), size=40)
    assert out[0, 0, 0].tolist() == [123, 117, 104]
    expected = [round(255 * mean) for mean in (0.48145466, 0.4578275, 0.40821073)]
    assert list(emoclip.corners) == expected


def test_cropping_then_stretching_is_what_pil_does() -> None:
    frames = picture()
    crop = CropDraw(top=5, left=10, height=20, width=30)
    expected = pil(frames).crop((10, 5, 40, 25)).resize((48, 48), Image.Resampling.BILINEAR)
    assert difference(plain(frames, still(crop=crop), size=48), expected) <= 2


@pytest.mark.parametrize("factor", [0.5, 0.83, 1.5])
def test_brightness_is_pil_s_but_for_rounding(factor: float) -> None:
    frames = picture(40, 40)
    expected = ImageEnhance.Brightness(pil(frames)).enhance(factor)
    assert difference(plain(frames, still(brightness=factor), size=40), expected) <= 1


def test_rotation_turns_around_the_middle_of_the_picture() -> None:
    frames = noise(40, 40)
    half = _turned(frames, 180.0, CropDraw(top=0, left=0, height=40, width=40), (0, 0, 0))
    assert np.array_equal(half, frames[:, ::-1, ::-1])


def test_rotation_turns_as_pil_does_with_black_corners() -> None:
    frames = picture(41, 41)
    out = plain(frames, still(angle=4.0), size=41)
    expected = np.asarray(pil(frames).rotate(4.0)).astype(int)
    apart = np.abs(out[0].astype(int) - expected)
    assert (apart > 12).mean() < 0.03  # nearest pixels may fall to the other side at edges
    assert out[0, 0, 0].tolist() == [0, 0, 0]
    two_levels = (frames > 100).astype(np.uint8) * 200  # nearest: pixels move, none is mixed
    assert set(np.unique(plain(two_levels, still(angle=3.0), size=41))) == {0, 200}


@given(st.floats(-6, 6), st.integers())
def test_a_turned_crop_is_the_crop_of_the_turned_picture(angle: float, seed: int) -> None:
    frames = noise(48, 60)
    crop = draw_crop(48, 60, random.Random(seed))
    part = plain(frames, still(angle=angle, crop=crop), size=60)
    unscaled = _turned(frames, angle, crop, (0, 0, 0))
    everything = _turned(frames, angle, CropDraw(top=0, left=0, height=48, width=60), (0, 0, 0))
    same = unscaled == everything[:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
    assert same.mean() > 0.98  # nearest pixels on a border may round either way
    assert np.array_equal(part, stretch(unscaled, size=60))


def test_a_flip_mirrors_left_and_right() -> None:
    frames = picture(24, 24)
    assert np.array_equal(plain(frames, still(flip=True), size=24), frames[:, :, ::-1])


def test_an_unknown_augmentation_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        augmentation_named("affectnet")
    assert "dfew, ferv39k, mafw, emoclip, none" in caught.value.hint
