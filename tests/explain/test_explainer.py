"""Evidence against what the recogniser itself says when it is built anew with other words."""

import math
from typing import Any

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from dfer.class_sets import ClassSet
from dfer.describe.controls import control_set
from dfer.errors import ContentError, UsageError
from dfer.explain.evidence import ClassEvidence
from dfer.explain.explainer import make_explainer
from dfer.explain.shortened import shortened_texts
from tests.explain.recognisers import (
    DFEW,
    MAFW43,
    a_recogniser,
    described,
    features,
    of_parts,
    said_as,
    version_2,
    with_words,
)

SMALL: dict[str, Any] = {"temporal_head_width": 16, "temporal_mlp": 32}

LEAVE_ONE_OUT: dict[str, tuple[Any, ClassSet, dict[str, Any]]] = {
    "zero-shot": (described, DFEW, {}),
    "zero-shot, sentences": (lambda: said_as(form="sentence"), DFEW, {}),
    "zero-shot, max_score": (lambda: said_as(form="each", combine="max_score"), DFEW, {}),
    "zero-shot, mean_embedding": (lambda: said_as(form="each", combine="mean_embedding"), DFEW, {}),
    "zero-shot, mean_raw": (lambda: said_as(form="each", combine="mean_raw"), DFEW, {}),
    "zero-shot, compounds averaged": (lambda: of_parts("average"), MAFW43, {}),
    "zero-shot, best frame of mean scores": (
        lambda: said_as(form="each", combine="mean_score"),
        DFEW,
        {"frame_ensemble": "max_score"},
    ),
    "zero-shot, mean scores of frames, in templates": (
        lambda: said_as(form="each", combine="max_score"),
        DFEW,
        {"frame_ensemble": "mean_score", "templates": ["{}", "a photo of a face with {}"]},
    ),
    "dfer-clip": (described, DFEW, {"recipe": "dfer-clip", **SMALL}),
    "dfer-clip, shared context in halves": (
        described,
        DFEW,
        {
            "recipe": "dfer-clip",
            "class_specific_context": False,
            "description_position": "middle",
            "temporal_layers": 0,
        },
    ),
    "dfer-clip, max_score": (
        lambda: said_as(form="each", combine="max_score"),
        DFEW,
        {"recipe": "dfer-clip", "description_position": "front", **SMALL},
    ),
    "dfer-clip without context": (described, DFEW, {"recipe": "dfer-clip", "context_tokens": 0, **SMALL}),
    "coop": (described, DFEW, {"recipe": "coop", "class_specific_context": True}),
    "cocoop": (described, DFEW, {"recipe": "cocoop"}),
    "emoclip": (
        described,
        DFEW,
        {"recipe": "emoclip", "finetune_text": True, "temporal_positions": 4, **SMALL},
    ),
}


def by_class(evidence: tuple[ClassEvidence, ...]) -> dict[str, ClassEvidence]:
    return {one.class_name: one for one in evidence}


@pytest.mark.parametrize("case", LEAVE_ONE_OUT)
def test_left_out_evidence_is_what_a_recogniser_built_anew_without_the_descriptor_loses(case: str) -> None:
    made, class_set, options = LEAVE_ONE_OUT[case]
    found = made()
    loaded, video = a_recogniser(found, **options), features(1)
    told = by_class(make_explainer(loaded, class_set=class_set).explain(video))
    state = {name: tensor.clone() for name, tensor in loaded.recogniser.trainable_state().items()}
    words = shortened_texts(found, class_set)
    with torch.no_grad():
        own = loaded.recogniser(video)[0]
    checked = (found.class_names[1], found.class_names[-1])
    for name in checked:
        place = found.class_names.index(name)
        for number, one in [*enumerate(words[name])][-3:]:
            texts = list(loaded.texts)
            texts[place] = "\n".join(one.texts)
            anew = a_recogniser(found, texts=texts, state=state, **options).recogniser
            with torch.no_grad():
                expected = float(own[place] - anew(video)[0][place])
            assert told[name].method == "leave-one-out"
            assert told[name].descriptors[number].descriptor == one.descriptor
            assert told[name].descriptors[number].evidence == pytest.approx(expected, abs=2e-4)
    amounts = [one.evidence for name in checked for one in told[name].descriptors]
    assert max(map(abs, amounts)) > 0.01  # something to tell apart from nothing


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"frame_ensemble": "mean_score", "templates": ["{}", "a photo of a face with {}"]},
        {"recipe": "dfer-clip", **SMALL},
        {"recipe": "cocoop"},
        {"recipe": "emoclip", "temporal_positions": 4, **SMALL},
    ],
    ids=["zero-shot", "zero-shot, ensembles", "dfer-clip", "cocoop", "emoclip"],
)
def test_under_mean_score_evidence_sums_to_the_class_score(options: dict[str, Any]) -> None:
    loaded = a_recogniser(said_as(form="each", combine="mean_score"), **options)
    explainer = make_explainer(loaded, class_set=DFEW)

    @given(st.integers(0, 10**6), st.integers(1, 3), st.floats(0.01, 100))
    @settings(max_examples=15, deadline=None)
    def sums(seed: int, windows: int, size: float) -> None:
        video = size * features(seed, windows=windows)
        with torch.no_grad():
            logits = loaded.recogniser(video).mean(dim=0)
        for found in explainer.explain(video):
            assert found.method == "parts"
            assert math.fsum(one.evidence for one in found.descriptors) == pytest.approx(
                found.score, rel=1e-5, abs=1e-5
            )
            assert found.score == pytest.approx(
                float(logits[loaded.class_names.index(found.class_name)]), rel=1e-5, abs=1e-5
            )

    sums()


def test_a_share_is_the_descriptors_own_cosine_over_temperature_and_number() -> None:
    found = said_as(form="each", combine="mean_score")
    loaded, video = a_recogniser(found, temperature=0.05), features(2)
    told = by_class(make_explainer(loaded, class_set=DFEW).explain(video))
    for d in found.descriptions:
        with torch.no_grad():
            text = loaded.clip.model.encode_text(open_clip.SimpleTokenizer()(list(d.texts)))
        cosines = functional.cosine_similarity(text, video.mean(dim=1)) / 0.05 / len(d.texts)
        assert [one.evidence for one in told[d.class_name].descriptors] == pytest.approx(
            cosines.tolist(), abs=1e-5
        )


def test_scores_and_probabilities_are_the_recognisers_and_the_most_probable_class_comes_first() -> None:
    loaded, video = a_recogniser(described(), recipe="dfer-clip", **SMALL), features(3)
    told = make_explainer(loaded, class_set=DFEW).explain(video)
    with torch.no_grad():
        logits = loaded.recogniser(video)[0]
    assert [one.score for one in told] == logits.sort(descending=True).values.tolist()
    assert [one.probability for one in told] == pytest.approx(
        logits.softmax(dim=0).sort(descending=True).values.tolist()
    )
    assert told[0].class_name == loaded.class_names[int(logits.argmax())]


def test_of_several_windows_it_gives_the_means() -> None:
    explainer = make_explainer(a_recogniser(described()), class_set=DFEW)
    windows = features(4, windows=20)
    together = by_class(explainer.explain(windows))
    alone = [by_class(explainer.explain(window.unsqueeze(0))) for window in windows]
    for name, found in together.items():
        assert found.probability == pytest.approx(sum(one[name].probability for one in alone) / 20, rel=1e-4)
        assert found.score == pytest.approx(sum(one[name].score for one in alone) / 20, abs=1e-4)
        for number, descriptor in enumerate(found.descriptors):
            each = [one[name].descriptors[number].evidence for one in alone]
            assert descriptor.evidence == pytest.approx(sum(each) / 20, abs=1e-4)


def test_explaining_leaves_the_recogniser_as_it_was() -> None:
    for options in ({"recipe": "dfer-clip", **SMALL}, LEAVE_ONE_OUT["emoclip"][2]):
        loaded, video = a_recogniser(described(), **options), features(5)
        recogniser = loaded.recogniser
        before = {name: tensor.clone() for name, tensor in recogniser.state_dict().items()}
        trained = {name for name, parameter in recogniser.named_parameters() if parameter.requires_grad}
        with torch.no_grad():
            said = recogniser(video)
            make_explainer(loaded, class_set=DFEW).explain(video)
            assert torch.equal(recogniser(video), said)
        assert all(torch.equal(tensor, before[name]) for name, tensor in recogniser.state_dict().items())
        assert trained == {name for name, p in recogniser.named_parameters() if p.requires_grad}
        assert not recogniser.training


def test_half_precision_does_not_swallow_the_difference_of_one_descriptor() -> None:
    video = features(6)
    exact, rough = (
        by_class(
            make_explainer(a_recogniser(described(), precision=precision), class_set=DFEW).explain(video)
        )
        for precision in ("fp32", "bf16")
    )
    for name, found in exact.items():
        amounts = [one.evidence for one in rough[name].descriptors]
        assert amounts == pytest.approx([one.evidence for one in found.descriptors], abs=1e-4)


def test_a_class_of_one_descriptor_has_no_evidence_beside_others_that_have() -> None:
    found = with_words(described(), {"fear": ("wide eyes",)})
    told = by_class(make_explainer(a_recogniser(found), class_set=DFEW).explain(features()))
    assert [one.evidence for one in told["fear"].descriptors] == [None]
    assert all(one.evidence is not None for one in told["anger"].descriptors)


def test_under_mean_score_a_single_descriptor_is_the_whole_score() -> None:
    found = with_words(said_as(form="each", combine="mean_score"), {"fear": ("wide eyes",)})
    told = by_class(make_explainer(a_recogniser(found), class_set=DFEW).explain(features()))["fear"]
    assert [one.evidence for one in told.descriptors] == pytest.approx([told.score])


def test_classes_in_another_order_than_the_sets_keep_their_words() -> None:
    found, video = described(), features(8)
    straight = a_recogniser(found)
    turned = a_recogniser(found.model_copy(update={"descriptions": found.descriptions[::-1]}))
    object.__setattr__(turned, "description_set", found)
    a, b = (by_class(make_explainer(one, class_set=DFEW).explain(video)) for one in (straight, turned))
    for name in found.class_names:
        assert [d.descriptor for d in b[name].descriptors] == [d.descriptor for d in a[name].descriptors]
        assert [d.evidence for d in b[name].descriptors] == pytest.approx(
            [d.evidence for d in a[name].descriptors], abs=1e-4
        )


def test_a_linear_head_reads_no_words() -> None:
    with pytest.raises(UsageError, match="linear-probe has a linear head, which reads no words"):
        make_explainer(a_recogniser(described(), recipe="linear-probe"), class_set=DFEW)


@pytest.mark.parametrize("kind", ["names", "template"])
def test_a_control_of_names_has_no_descriptors(kind: Any) -> None:
    control = version_2(control_set(described(), DFEW, kind=kind, seed=1))
    with pytest.raises(UsageError, match=f"v2 is a {kind} control: it names the classes and describes none"):
        make_explainer(a_recogniser(control), class_set=DFEW)


def test_random_words_are_explained_like_others() -> None:
    control = version_2(control_set(described(), DFEW, kind="random", seed=1))
    told = make_explainer(a_recogniser(control), class_set=DFEW).explain(features())
    assert all(one.evidence is not None for found in told for one in found.descriptors)


def test_one_descriptor_for_each_class_leaves_nothing_to_compare_with() -> None:
    found = with_words(described(), {name: (f"the look of {name}",) for name in DFEW.names})
    with pytest.raises(UsageError, match="v2 has one descriptor for each class"):
        make_explainer(a_recogniser(found), class_set=DFEW)


def test_another_class_set_is_an_error() -> None:
    with pytest.raises(ContentError, match="the classes given are mafw43"):
        make_explainer(a_recogniser(described()), class_set=MAFW43)


def test_the_unit_says_what_a_cosine_is_multiplied_by() -> None:
    def unit(**options: Any) -> str:
        return make_explainer(a_recogniser(described(), **options), class_set=DFEW).unit

    assert unit() == "cosine × 100"
    assert unit(recipe="dfer-clip", temperature=0.05, **SMALL) == "cosine × 20"
    emoclip = a_recogniser(described(), **LEAVE_ONE_OUT["emoclip"][2])
    scale = emoclip.recogniser.head.logit_scale.exp().item()
    assert make_explainer(emoclip, class_set=DFEW).unit == f"cosine × {scale:.4g}"
