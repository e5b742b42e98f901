"""DFER-CLIP's augmentation: drawn once a clip, applied alike to every frame."""

import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from dfer.clips.augmentation import (
    AUGMENTATIONS,
    ClipDraw,
    CropDraw,
    apply,
    augmentation_named,
    draw,
    draw_crop,
    stretch,
)
from dfer.errors import UsageError

sides = st.integers(4, 400)


def still(**changes: Any) -> ClipDraw:
    return ClipDraw(**{"brightness": None, "angle": None, "crop": None, "flip": False, **changes})


def picture(height: int = 40, width: int = 60) -> torch.Tensor:
    """Three equal frames of a smooth colour picture; (3, 3, height, width)."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    frame = torch.stack([x, y, (x + y) / 2]) * 200 + 20
    return frame.to(torch.uint8).expand(3, 3, height, width).contiguous()


def pil(frames: torch.Tensor) -> Image.Image:
    return Image.fromarray(frames[0].permute(1, 2, 0).numpy())


def difference(frames: torch.Tensor, image: Image.Image) -> int:
    return int(np.abs(frames[0].permute(1, 2, 0).numpy().astype(int) - np.asarray(image).astype(int)).max())


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
    assert (drawn.angle is not None) == (name == "ferv39k")
    assert (drawn.crop is not None) == (name != "none")
    assert drawn.brightness is None or 0.5 <= drawn.brightness <= 1.5
    assert drawn.angle is None or -4 <= drawn.angle <= 4
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
    out = apply(frames, drawn, size=24)
    assert out.shape == (3, 3, 24, 24)
    assert out.dtype == torch.uint8
    assert torch.equal(out[0], out[1])
    assert torch.equal(out[0], out[2])
    assert torch.equal(frames, picture(height, width))


def test_stretching_is_pil_s_bilinear_and_keeps_no_proportions() -> None:
    noise = torch.randint(
        0, 256, (1, 3, 90, 130), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    for frames in (picture(90, 130), noise):  # noise shows whether shrinking averages, as PIL does
        expected = pil(frames).resize((32, 32), Image.Resampling.BILINEAR)
        assert difference(stretch(frames, size=32), expected) <= 2


def test_cropping_then_stretching_is_what_pil_does() -> None:
    frames = picture()
    crop = CropDraw(top=5, left=10, height=20, width=30)
    expected = pil(frames).crop((10, 5, 40, 25)).resize((48, 48), Image.Resampling.BILINEAR)
    assert difference(apply(frames, still(crop=crop), size=48), expected) <= 2


@pytest.mark.parametrize("factor", [0.5, 0.83, 1.5])
def test_brightness_is_pil_s_but_for_rounding(factor: float) -> None:
    frames = picture(40, 40)
    expected = ImageEnhance.Brightness(pil(frames)).enhance(factor)
    assert difference(apply(frames, still(brightness=factor), size=40), expected) <= 1


def test_rotation_turns_as_pil_does_with_black_corners() -> None:
    frames = picture(41, 41)
    out = apply(frames, still(angle=4.0), size=41)
    expected = np.asarray(pil(frames).rotate(4.0)).astype(int)
    apart = np.abs(out[0].permute(1, 2, 0).numpy().astype(int) - expected)
    assert (apart > 12).mean() < 0.03  # nearest pixels may fall to the other side at edges
    assert out[0, :, 0, 0].tolist() == [0, 0, 0]
    two_levels = (frames > 100).to(torch.uint8) * 200  # nearest: pixels move, none is mixed
    assert set(apply(two_levels, still(angle=3.0), size=41).unique().tolist()) == {0, 200}


def test_a_flip_mirrors_left_and_right() -> None:
    frames = picture(24, 24)
    assert torch.equal(apply(frames, still(flip=True), size=24), frames.flip(-1))


def test_an_unknown_augmentation_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        augmentation_named("affectnet")
    assert "dfew, ferv39k, mafw, none" in caught.value.hint
