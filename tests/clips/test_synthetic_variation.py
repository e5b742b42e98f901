"""Wild worlds vary as said and say so; mild ones are drawn as they always were."""

import hashlib
import random
import re
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dfer.action_units import ACTION_UNITS, EMOTIONS
from dfer.class_sets import load_class_set
from dfer.clips.synthetic.blur import Blur, blurred
from dfer.clips.synthetic.caption import describe_clip
from dfer.clips.synthetic.chinese_caption import describe_clip_in_chinese
from dfer.clips.synthetic.circumstances import Circumstances, draw_circumstances
from dfer.clips.synthetic.clip_drawing import draw_clip
from dfer.clips.synthetic.face import draw_face
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.imbalance import counts_by_share, shares_like_mafw
from dfer.clips.synthetic.lighting import draw_lighting, stronger
from dfer.clips.synthetic.motion import draw_motion
from dfer.clips.synthetic.occlusion import COVERINGS, Covering, Occlusion, paint_occlusion
from dfer.clips.synthetic.plan import plan_clips
from dfer.clips.synthetic.pose import Pose
from dfer.clips.synthetic.shown import Shown, what_is_shown
from dfer.clips.synthetic.variation import MILD, WILD, load_variation
from dfer.clips.synthetic.world import draw_world
from dfer.errors import UsageError

MAFW = load_class_set("mafw11")
PERSON = replace(draw_identity(random.Random("a person")), glasses=False, hair_style="short")
SIZE = 64
EMOTION_WORDS = re.compile(
    r"\b(ang(er|ry)|disgust|fear|happ|neutral|sad|surpris|contempt|anxi|helpless|disapp)", re.IGNORECASE
)


@pytest.fixture(scope="module")
def drawn() -> list[Circumstances]:
    return [draw_circumstances(WILD, PERSON, random.Random(seed)) for seed in range(600)]


def picture(pose: Pose, occlusion: Occlusion | None = None, *, t: float = 0.5) -> np.ndarray:
    def cover(canvas: object, x: float) -> None:
        assert occlusion
        paint_occlusion(canvas, x, occlusion=occlusion, identity=PERSON, pose=pose, t=t)  # type: ignore[arg-type]

    return np.asarray(draw_face(PERSON, pose, size=SIZE, cover=cover if occlusion else None)).astype(int)


def test_a_mild_world_is_drawn_as_before_there_was_any_variation(tmp_path: Path) -> None:
    draw_world(tmp_path / "w", class_set=MAFW, clips=22, seed=5, size=32, frames=6)
    digest = hashlib.sha256()
    for file in sorted((tmp_path / "w").rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(tmp_path / "w").as_posix().encode() + file.read_bytes())
    # Drawn by the code of 5f70abc; a table, the mark and JPEGs. Another libjpeg may write other bytes.
    assert digest.hexdigest() == "def6fcff110034bde17f9642282c445255307a35956465bbb1e889de04a5f776"


def test_a_mild_clip_has_no_circumstances() -> None:
    for seed in range(20):
        circumstances = draw_circumstances(MILD, PERSON, random.Random(seed))
        assert circumstances == Circumstances(intensity=1, turn=0, pitch=0, occlusion=None, blur=None)


def test_wild_clips_are_covered_and_blurred_about_as_often_as_said(drawn: list[Circumstances]) -> None:
    covered = [c.occlusion for c in drawn if c.occlusion]
    lenses = [c.blur for c in drawn if c.blur]
    assert abs(len(covered) / 600 - WILD.occlusion) < 0.06
    assert abs(len(lenses) / 600 - WILD.blur) < 0.06
    assert {occlusion.kind for occlusion in covered} == set(COVERINGS)
    assert {blur.kind for blur in lenses} == {"defocus", "motion"}
    partial = sum(not occlusion.is_whole_clip for occlusion in covered)
    assert 0.1 < partial / len(covered) < 0.5


def test_wild_clips_are_subtle_and_strong_and_look_to_all_sides(drawn: list[Circumstances]) -> None:
    for values, (low, high) in (
        ([c.intensity for c in drawn], WILD.intensity),
        ([c.turn for c in drawn], (-WILD.turn, WILD.turn)),
        ([c.pitch for c in drawn], (-WILD.pitch, WILD.pitch)),
    ):
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high


def test_one_probability_changes_nothing_else(drawn: list[Circumstances]) -> None:
    for seed in range(40):
        uncovered = draw_circumstances(replace(WILD, occlusion=0.0), PERSON, random.Random(seed))
        assert uncovered == replace(drawn[seed], occlusion=None)


def test_intensity_scales_peaks_and_never_beyond_1() -> None:
    faint, full, strong = (
        draw_motion(EMOTIONS["sadness"], frames=12, rng=random.Random(1), intensity=intensity).peaks
        for intensity in (0.5, 1.0, 3.0)
    )
    assert faint == pytest.approx({unit: peak / 2 for unit, peak in full.items()}, rel=0.1)
    assert max(strong.values()) == 1


def centre_of_change(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    changed = np.abs(first - second).sum(axis=2)
    return float((changed.sum(axis=0) * np.arange(SIZE)).sum() / changed.sum()), float(
        (changed.sum(axis=1) * np.arange(SIZE)).sum() / changed.sum()
    )


@pytest.mark.parametrize("units", [{12: 1.0, 25: 1.0}, {5: 1.0}])
def test_features_slide_with_the_head(units: dict[int, float]) -> None:
    def where(**changes: float) -> tuple[float, float]:
        return centre_of_change(picture(Pose(units=units, **changes)), picture(Pose(**changes)))  # type: ignore[arg-type]

    (x, y), (right, _), (left, _) = where(), where(turn=2.7), where(turn=-2.7)
    assert left + 5 < x < right - 5
    (_, down), (_, up) = where(pitch=0.2), where(pitch=-0.2)
    assert up + 2 < y < down - 2
    assert max(right, down) < 0.85 * SIZE


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_the_step_from_a_small_turn_to_a_large_one_is_none(turn: float) -> None:
    apart = np.abs(picture(Pose(turn=turn)) - picture(Pose(turn=turn * 1.001)))
    assert apart.mean() < 0.2


@pytest.mark.parametrize("kind", COVERINGS)
def test_a_covering_covers_something_of_the_face_but_not_all(kind: Covering) -> None:
    for side in (-1, 1):
        for reach in (0.0, 1.0):
            occlusion = Occlusion(kind=kind, side=side, reach=reach, colour=(10, 200, 250))
            hidden = (np.abs(picture(Pose(), occlusion) - picture(Pose())).sum(axis=2) > 30).mean()
            assert 0.02 < hidden < 0.45


def test_what_comes_and_goes_is_there_only_then() -> None:
    hand = Occlusion(kind="hand", side=1, reach=0.5, colour=(0, 0, 0), begin=0.3, end=0.7)
    bare = picture(Pose())
    there = [not np.array_equal(picture(Pose(), hand, t=t), bare) for t in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert there == [False, True, True, True, False]


@pytest.mark.parametrize(("kind", "units"), [("mask", {12, 25}), ("sunglasses", {5})])
def test_units_that_a_caption_leaves_out_cannot_be_seen(kind: Covering, units: set[int]) -> None:
    worn = Occlusion(kind=kind, side=1, reach=1.0, colour=(200, 220, 230))
    assert units <= worn.hidden_units
    assert not replace(worn, end=0.5).hidden_units
    pose = Pose(units=dict.fromkeys(units, 1.0))
    seen = np.abs(picture(pose, worn) - picture(Pose(), worn)).sum()
    assert seen < 0.2 * np.abs(picture(pose) - picture(Pose())).sum()


def test_blur_smears_along_its_direction_and_keeps_the_light() -> None:
    line = np.zeros((32, 32, 3), dtype=np.uint8)
    line[:, 16] = 240  # upright
    across, along = (
        np.asarray(blurred(Image.fromarray(line), Blur(kind="motion", length=0.2, angle=angle)))
        for angle in (0.0, np.pi / 2)
    )
    assert (across[16, :, 0] > 10).sum() >= 6
    assert np.array_equal(along, line)
    soft = np.asarray(blurred(Image.fromarray(line), Blur(kind="defocus", length=0.03)))
    for picture_ in (across, soft):
        assert picture_.max() < 200
        assert picture_.mean() == pytest.approx(line.mean(), rel=0.05)


def test_stronger_light_strays_further_and_the_same_light_is_the_same() -> None:
    light = draw_lighting(random.Random(2))
    assert stronger(light, 1.0) is light
    wild = stronger(light, 2.0)
    assert (wild.across, wild.noise) == (2 * light.across, 2 * light.noise)
    assert wild.gain - 0.95 == pytest.approx(2 * (light.gain - 0.95))


def test_a_wild_clip_can_be_drawn_of_every_emotion_and_many_people() -> None:
    captions = []
    for number, units in enumerate([*EMOTIONS.values()] * 4):
        person = draw_identity(random.Random(number))
        drawing = draw_clip(units, person, seed=f"w/{number}", size=32, frames=3, variation=WILD)
        captions.append(drawing.caption)
        for pixels in drawing.pictures:
            assert pixels.shape == (32, 32, 3)
            assert pixels.dtype == np.uint8
            assert 20 < pixels.mean() < 250
    assert len(set(captions)) > 40


def captions_of(emotion: str, seeds: range) -> list[tuple[Shown, str, str]]:
    found = []
    for seed in seeds:
        rng = random.Random(seed)
        circumstances = draw_circumstances(WILD, PERSON, rng)
        motion = draw_motion(
            EMOTIONS[emotion],
            frames=4,
            rng=rng,
            intensity=circumstances.intensity,
            turn=circumstances.turn,
            pitch=circumstances.pitch,
        )
        shown = what_is_shown(motion, circumstances, person="woman", tells_strength=True)
        found.append((shown, describe_clip(shown, rng), describe_clip_in_chinese(shown)))
    return found


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_wild_captions_say_how_strong_and_what_is_in_the_way_and_name_no_emotion(emotion: str) -> None:
    for shown, caption, chinese in captions_of(emotion, range(120)):
        assert not EMOTION_WORDS.search(caption), caption
        assert not re.search(r"[{}]|  |\ban [^aeiou]|\ba (?!one)[aeiou]|face the ", caption), caption
        slight = any(shown.strength(unit) < 0 for unit in shown.noticed)
        assert slight or not re.search("faint|somewhat", caption)
        strong = any(shown.strength(unit) > 0 for unit in shown.noticed)
        assert strong or not re.search("strong|clearly|markedly", caption)
        assert bool(re.search("to the side$|side (and|,)|side, |from the side", caption)) >= shown.is_turned
        assert (shown.covering == "hand") == bool(re.search(r"\bhand\b", caption))
        assert (shown.covering == "mask") == bool(re.search(r"\bmask\b", caption))
        assert chinese.encode("gbk").decode("gbk") == chinese
        assert chinese.startswith("一位女士")
    if EMOTIONS[emotion]:
        words = " ".join(caption for _, caption, _ in captions_of(emotion, range(60)))
        assert re.search("slight|faint|somewhat", words)


def test_every_phrase_can_be_said_at_every_strength() -> None:
    for unit in ACTION_UNITS:
        for peak in (0.3, 0.6, 1.0):
            shown = Shown(peaks={unit: peak}, person="man", tells_strength=True)
            said = {describe_clip(shown, random.Random(seed)) for seed in range(30)}
            assert len(said) > 3
            assert peak != 0.3 or any(re.search("slight|faint|somewhat", caption) for caption in said)
            assert "略微" in describe_clip_in_chinese(shown) or peak != 0.3


def test_what_cannot_be_seen_is_not_said() -> None:
    smile = draw_motion({12: 1.0}, frames=4, rng=random.Random(0))
    mask = Occlusion(kind="mask", side=1, reach=1.0, colour=(0, 0, 0))
    behind = Circumstances(intensity=1, turn=0, pitch=0, occlusion=mask, blur=None)
    shown = what_is_shown(smile, behind, person="man", tells_strength=False)
    for seed in range(10):
        caption = describe_clip(shown, random.Random(seed))
        assert not re.search("smil|corner|relaxed|calm", caption)
        assert "mask" in caption


def test_the_long_tail_is_long_and_every_fold_has_every_class() -> None:
    plan = plan_clips(MAFW, clips=300, folds=5, subjects=20, imbalance="mafw")
    counts = Counter(clip.label for clip in plan)
    assert len(plan) == 300
    assert [clip.number for clip in plan] == list(range(300))
    frequent = min(counts[name] for name in ("anger", "neutral", "sadness", "happiness", "surprise"))
    rare = max(counts[name] for name in ("contempt", "helplessness", "disappointment"))
    assert frequent > 3 * rare
    assert abs(counts["sadness"] / 300 - 0.16) < 0.02
    folds = defaultdict(Counter)  # type: ignore[var-annotated]
    people = defaultdict(set)
    for clip in plan:
        folds[clip.label][clip.fold] += 1
        people[clip.subject].add(clip.fold)
    for label in MAFW.names:
        assert set(folds[label]) == {1, 2, 3, 4, 5}
        assert max(folds[label].values()) - min(folds[label].values()) <= 1
    assert set(Counter(clip.fold for clip in plan).values()) == {60}
    assert len(people) == 20
    assert all(len(homes) == 1 for homes in people.values())
    assert min(len({c.label for c in plan if c.subject == person}) for person in people) >= 4


@pytest.mark.parametrize("clips", [11, 13, 54, 55, 56, 97, 1000])
def test_counts_add_up_and_leave_no_class_out(clips: int) -> None:
    counts = counts_by_share(shares_like_mafw(MAFW), clips=clips, folds=5)
    assert sum(counts) == clips
    assert min(counts) >= (5 if clips >= 55 else 1)


def test_compounds_are_rarer_than_their_rarest_part() -> None:
    mafw43 = load_class_set("mafw43")
    shares = dict(zip(mafw43.names, shares_like_mafw(mafw43), strict=True))
    assert sum(shares.values()) == pytest.approx(1)
    for emotion_class in mafw43.classes:
        for part in emotion_class.components:
            assert shares[emotion_class.name] < shares[part]


def test_a_preset_is_found_by_its_name() -> None:
    assert load_variation("wild") is WILD
    with pytest.raises(UsageError, match="mild or wild, found 'savage'"):
        load_variation("savage")
