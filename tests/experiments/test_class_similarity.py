"""How alike a set's classes are: numbers that can be checked in the head, pictures, and what is printed."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dfer_cli.similarity_output import print_similarity, short_labels, similarity_as_json
from hypothesis import given
from hypothesis import strategies as st

from description_store.records import Combine, Description, DescriptionSet, Provenance, Rendering
from dfer.errors import UsageError
from dfer.experiments.class_similarity import (
    ClassSimilarity,
    NearPair,
    best_match_matrix,
    class_similarity,
    cosine_matrix,
    drift_from,
    effective_rank,
    nearest_pairs,
)
from dfer.experiments.set_similarity import similarity_of_set
from dfer.experiments.similarity_figure import colour_range, draw_similarity
from dfer.models.class_embeddings import class_embeddings
from dfer.models.clip_backbone import ClipBackbone, load_clip

OPENAI = {"architecture": "ViT-B-32", "pretrained": "openai", "sha256": "a", "quick_gelu": True, "seed": None}
HALF = math.sqrt(0.5)
THREE = np.array([[1.0, 0.0, 0.0], [HALF, HALF, 0.0], [0.0, 0.0, 1.0]])
"""At 45°, and at a right angle to both."""


def similarity(
    embeddings: np.ndarray = THREE, names: tuple[str, ...] = ("joy", "awe", "fear"), **more
) -> ClassSimilarity:
    return class_similarity(
        **{"set": "v3", "class_names": names, "combine": "joined", "clip": OPENAI, "embeddings": embeddings}
        | more
    )


def many(classes: int) -> ClassSimilarity:
    points = np.random.default_rng(0).normal(size=(classes, 64)) + 2
    return similarity(
        points / np.linalg.norm(points, axis=1, keepdims=True), tuple(f"emotion_{i}" for i in range(classes))
    )


@pytest.fixture(scope="module")
def clip() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None, seed=0)


def words(texts: dict[str, str], *, version: int = 1, combine: Combine = "joined") -> DescriptionSet:
    return DescriptionSet(
        version=version,
        class_set="mine",
        class_set_hash="cs1:a",
        descriptions=tuple(
            Description(class_name=name, descriptors=("a",), text=text, tokens=1)
            for name, text in texts.items()
        ),
        provenance=Provenance(kind="import"),
        rendering=Rendering(form="list" if combine == "joined" else "each", combine=combine),
        context_tokens=8,
    )


def test_cosines_of_what_points_the_same_way_and_at_right_angles() -> None:
    found = cosine_matrix(THREE * [[1.0], [5.0], [0.1]])
    assert np.allclose(found, [[1, HALF, 0], [HALF, 1, 0], [0, 0, 1]])
    assert (np.diag(found) == 1).all()


def test_the_nearest_pairs_come_first_and_each_pair_once() -> None:
    names = ["joy", "awe", "fear"]
    found = nearest_pairs(cosine_matrix(THREE), names, pairs=2)
    assert found == (
        NearPair(a="joy", b="awe", cosine=pytest.approx(HALF)),
        NearPair(a="joy", b="fear", cosine=0.0),
    )
    assert len(nearest_pairs(cosine_matrix(THREE), names, pairs=99)) == 3


def test_the_effective_rank_counts_the_directions_in_which_classes_differ() -> None:
    assert effective_rank(np.eye(5)) == pytest.approx(4)  # five corners that are all equally far apart
    assert effective_rank(np.array([[1.0, 0.0], [HALF, HALF]])) == pytest.approx(1)
    two_groups = np.repeat(np.eye(2), 3, axis=0)
    assert effective_rank(two_groups) == pytest.approx(1)


def test_the_effective_rank_is_that_of_roy_and_vetterli() -> None:
    # Centred on the origin, with singular values √2 and √18: shares of a quarter and three quarters.
    points = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert effective_rank(points) == pytest.approx(math.exp(entropy))


def test_classes_that_are_all_the_same_differ_in_no_direction() -> None:
    same = np.tile(THREE[1], (4, 1)) + np.random.default_rng(0).normal(scale=1e-8, size=(4, 3))
    assert effective_rank(same) == 0


@given(st.integers(2, 12), st.integers(0, 99), st.floats(0, 20))
def test_what_all_classes_have_in_common_does_not_change_the_effective_rank(
    classes: int, seed: int, shift: float
) -> None:
    points = np.random.default_rng(seed).normal(size=(classes, 16))
    rank = effective_rank(points)
    assert rank >= 1 - 1e-9
    assert rank <= classes - 1 + 1e-9
    assert effective_rank(points + shift) == pytest.approx(rank)


def test_best_matches_are_cosines_where_each_class_has_one_text() -> None:
    assert np.allclose(best_match_matrix(list(THREE[:, None])), cosine_matrix(THREE))


def test_best_matches_ask_what_a_text_of_one_class_would_score_for_the_other() -> None:
    a, b, c = THREE
    found = best_match_matrix([np.stack([a, c]), np.stack([b])])
    # As a video, `a` scores 0.71 for the other class and `c` scores 0; `b` scores 0.71 for the first.
    assert found[0, 1] == found[1, 0] == pytest.approx((HALF / 2 + HALF) / 2)
    same_words = best_match_matrix([np.stack([a, c]), np.stack([c, a, a])])
    assert np.allclose(same_words, 1)


def test_drift_is_over_the_classes_that_both_have() -> None:
    a, b, c = THREE
    found = drift_from("v1", {"joy": a, "fear": c, "old": c}, {"joy": b, "fear": c, "new": a})
    assert found is not None
    assert found.cosines == {"joy": pytest.approx(HALF), "fear": pytest.approx(1)}
    assert found.mean == pytest.approx((HALF + 1) / 2)
    assert drift_from("v1", {"old": a}, {"new": a}) is None


def test_a_set_is_placed_by_its_own_rule_and_its_parent_by_its_own(clip: ClipBackbone) -> None:
    parent = words({"joy": "a smile.", "awe": "wide eyes.", "fear": "a frown."})
    child = words(
        {"awe": "wide eyes.", "fear": "a frown\ntears", "joy": "a smile."}, version=2, combine="mean_raw"
    )
    found = similarity_of_set(child, parent, clip)
    points = class_embeddings(
        clip=clip, texts=["wide eyes.", "a frown\ntears", "a smile."], combine="mean_raw"
    ).numpy()
    assert np.allclose(found.cosines, points @ points.T, atol=1e-6)
    assert (found.set, found.class_names, found.combine) == ("v2", ("awe", "fear", "joy"), "mean_raw")
    assert found.mean_cosine == pytest.approx(
        np.mean([points[0] @ points[1], points[0] @ points[2], points[1] @ points[2]])
    )
    assert found.drift is not None
    assert found.drift.parent == "v1"
    assert {name: cosine > 0.999999 for name, cosine in found.drift.cosines.items()} == {
        "awe": True,
        "fear": False,
        "joy": True,
    }
    assert found.random_weights
    assert similarity_of_set(child, None, clip).drift is None
    assert similarity_of_set(child, None, clip, title="v2 @best").set == "v2 @best"


def test_classes_with_the_same_texts_are_the_same_under_every_rule(clip: ClipBackbone) -> None:
    rules: list[Combine] = ["mean_embedding", "mean_score", "max_score", "mean_raw"]
    for rule in rules:
        found = similarity_of_set(
            words({"a": "tears\na smile", "b": "a smile\ntears", "c": "a frown"}, combine=rule), None, clip
        )
        assert found.cosines[0][1] == pytest.approx(1)
        assert found.cosines[0][2] < 0.99
        assert found.nearest[0] == NearPair(a="a", b="b", cosine=pytest.approx(1))


def test_a_max_score_set_with_one_text_per_class_is_like_any_other(clip: ClipBackbone) -> None:
    texts = {"joy": "a smile", "awe": "wide eyes", "fear": "a frown"}
    best, joined = (
        similarity_of_set(words(texts, combine=rule), None, clip) for rule in ("max_score", "joined")
    )
    assert np.allclose(best.cosines, joined.cosines, atol=1e-6)
    assert best.effective_rank == pytest.approx(joined.effective_rank, abs=1e-5)


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")])
@pytest.mark.parametrize("classes", [2, 43])
def test_the_same_set_gives_the_same_picture_byte_for_byte(
    tmp_path: Path, suffix: str, begins: bytes, classes: int
) -> None:
    one, again = tmp_path / f"one{suffix}", tmp_path / f"again{suffix}"
    draw_similarity(many(classes), one)
    draw_similarity(many(classes), again)
    assert one.read_bytes() == again.read_bytes()
    assert one.read_bytes().startswith(begins)


def test_a_picture_leaves_no_setting_behind_and_takes_none(tmp_path: Path) -> None:
    import matplotlib

    draw_similarity(similarity(), tmp_path / "plain.svg")
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red"}):
        draw_similarity(similarity(), tmp_path / "settings.svg")
    assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "settings.svg").read_bytes()


def test_dollars_in_a_class_name_are_no_formula(tmp_path: Path) -> None:
    draw_similarity(similarity(names=("$joy$", "$\\awe$", "_^")), tmp_path / "odd.png")


def test_colours_span_what_differs_and_the_diagonal_takes_none_of_them() -> None:
    assert colour_range(np.array([[np.nan, 0.7], [0.9, np.nan]])) == (0.7, 0.9)
    low, high = colour_range(np.array([[np.nan, 0.8], [0.8, np.nan]]))
    assert low < 0.8 < high


def test_a_picture_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no picture format"):
        draw_similarity(similarity(), tmp_path / "picture.bmp")
    with pytest.raises(UsageError, match="there is no folder"):
        draw_similarity(similarity(), tmp_path / "no" / "picture.png")


@pytest.mark.parametrize("classes", [2, 7, 11, 13])
def test_the_matrix_fits_eighty_columns(capsys: pytest.CaptureFixture[str], classes: int) -> None:
    names = tuple(f"{'abcdefghijklm'[i]}_class_with_a_long_name" for i in range(classes))
    print_similarity(replace(many(classes), class_names=names, nearest=()))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == classes + 5


def test_many_classes_are_shown_by_their_nearest_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    found = many(43)
    print_similarity(found)
    out = capsys.readouterr().out
    assert "hundredths" not in out
    assert f"{found.nearest[0].cosine:.3f}  {found.nearest[0].a} · {found.nearest[0].b}" in out
    assert "of at most 42" in out


def test_without_colours_there_are_two_digit_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    print_similarity(similarity())
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "CLIP ViT-B-32 (openai)" in out
    assert "joy    ·   71    0" in out


def test_a_terminal_with_colours_gets_coloured_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_similarity(similarity())
    assert "48;2;253;231;37m  71 " in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    print_similarity(similarity())
    assert "48;2" not in capsys.readouterr().out


def test_random_weights_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    print_similarity(similarity(clip=OPENAI | {"pretrained": "random"}))
    shown = capsys.readouterr()
    assert "CLIP ViT-B-32 (random)" in shown.out
    assert "weights are random" in shown.err


def test_drift_names_the_classes_that_moved_most(capsys: pytest.CaptureFixture[str]) -> None:
    a, b, c = THREE
    print_similarity(
        similarity(drift=drift_from("v1", {"joy": a, "awe": b, "fear": c}, {"joy": b, "awe": b, "fear": c}))
    )
    assert "drift from v1: mean cosine 0.902, moved most: joy 0.707\n" in capsys.readouterr().out
    print_similarity(similarity(drift=drift_from("v1", {"joy": a}, {"joy": a})))
    assert "no class moved" in capsys.readouterr().out


def test_names_steer_no_terminal_and_tell_columns_apart(capsys: pytest.CaptureFixture[str]) -> None:
    print_similarity(similarity(names=("\x1b[31mred", "b", "c")))
    assert "\x1b" not in capsys.readouterr().out
    assert short_labels(["anger", "disgust"]) == ["ange", "disg"]
    assert short_labels(["class_1", "class_2"]) == ["1", "2"]


def test_the_json_is_plain_and_complete() -> None:
    drift = drift_from("v1", {"joy": THREE[0]}, {"joy": THREE[1]})
    found = json.loads(json.dumps(similarity_as_json(similarity(drift=drift))))
    assert found["clip"]["pretrained"] == "openai"
    assert found["random_weights"] is False
    assert found["classes"] == ["joy", "awe", "fear"]
    assert found["cosines"][0] == [1.0, 0.707107, 0.0]
    assert found["nearest_pairs"][0] == {"a": "joy", "b": "awe", "cosine": 0.707107}
    assert found["drift"] == {"parent": "v1", "mean": 0.707107, "classes": {"joy": 0.707107}}
    assert similarity_as_json(similarity())["drift"] is None
