"""Several texts per class: each rule against a plain writing-out of it, one class after the other."""

from collections.abc import Callable
from functools import cache

import open_clip
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from description_store.records import Combine
from dfer.errors import ContentError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.combining import class_texts, combine_embeddings, combine_scores
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import ZeroShotSettings
from dfer.models.text_side import TEXTS_AT_ONCE, plain_text_side

TEXTS = ["raised cheeks\na wide smile\nparted lips", "a frown", "tears\na lowered gaze"]
RULES: list[Combine] = ["mean_embedding", "mean_score", "max_score", "mean_raw"]


def tiny() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None, seed=0)


def zero_shot(texts: list[str], combine: Combine, *, temperature: float = 1.0) -> VideoRecogniser:
    settings = ZeroShotSettings(temperature=temperature)
    return build_recogniser(clip=tiny(), texts=texts, settings=settings, combine=combine)


@pytest.fixture
def pixels() -> Tensor:
    return torch.rand(3, 4, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def embedded(text: str) -> Tensor:
    """(embed,): open_clip's own encoder, own tokenizer, one text at a time; not normalised."""
    found: Tensor = reference().model.encode_text(open_clip.SimpleTokenizer()(text))[0]
    return found


reference = cache(tiny)  # only read: nothing takes its towers over


def unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


BY_HAND: dict[Combine, Callable[[Tensor, list[Tensor]], Tensor]] = {
    "mean_embedding": lambda video, texts: video @ unit(sum(map(unit, texts), torch.zeros(256)) / len(texts)),
    "mean_score": lambda video, texts: torch.stack([video @ unit(text) for text in texts]).mean(),
    "max_score": lambda video, texts: torch.stack([video @ unit(text) for text in texts]).max(),
    "mean_raw": lambda video, texts: video @ unit(sum(texts, torch.zeros(256)) / len(texts)),
}
"""What a video scores for a class, from both as CLIP embeds them."""


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_what_its_paper_says(pixels: Tensor, rule: Combine) -> None:
    recogniser = zero_shot(TEXTS, rule, temperature=0.5)
    with torch.no_grad():
        expected = torch.stack(
            [
                torch.stack([BY_HAND[rule](video, [embedded(t) for t in text.split("\n")]) for text in TEXTS])
                for video in recogniser.video_features(pixels)
            ]
        )
        assert torch.allclose(recogniser(pixels), expected / 0.5, atol=2e-6)


@pytest.mark.parametrize("rule", RULES)
def test_with_one_text_per_class_every_rule_is_the_plain_recogniser(pixels: Tensor, rule: Combine) -> None:
    texts = ["a wide smile.", "a frown.", "tears."]
    with torch.no_grad():
        assert torch.allclose(zero_shot(texts, rule)(pixels), zero_shot(texts, "joined")(pixels), atol=1e-6)


def test_the_rules_differ_where_a_class_has_several_texts(pixels: Tensor) -> None:
    with torch.no_grad():
        logits = [zero_shot(TEXTS, rule)(pixels) for rule in RULES]
    several, one = [0, 2], [1]
    for i, first in enumerate(logits):
        for second in logits[:i]:
            assert not torch.allclose(first[:, several], second[:, several], atol=1e-5)
            assert torch.allclose(first[:, one], second[:, one], atol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_text_features_are_computed_once_whatever_the_rule(pixels: Tensor, rule: Combine) -> None:
    recogniser = zero_shot(TEXTS, rule)
    with torch.no_grad():
        features = recogniser.text_features()
        assert features.shape == ((6, 256) if rule in ("mean_score", "max_score") else (3, 256))
        assert torch.allclose(features.norm(dim=-1), torch.ones(len(features)))
        assert torch.equal(recogniser(pixels, features), recogniser(pixels))


@pytest.mark.parametrize("rule", RULES)
def test_neither_the_order_of_a_classs_texts_nor_a_repetition_of_all_matters(
    pixels: Tensor, rule: Combine
) -> None:
    shuffled = ["parted lips\na wide smile\nraised cheeks", "a frown\na frown", "a lowered gaze\ntears"]
    with torch.no_grad():
        assert torch.allclose(zero_shot(shuffled, rule)(pixels), zero_shot(TEXTS, rule)(pixels), atol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_an_ensemble_follows_to_another_device(rule: Combine) -> None:
    # The meta device computes shapes only, but refuses a tensor left behind as a GPU would.
    recogniser = zero_shot(TEXTS, rule).to("meta")
    scores = torch.zeros(5, 256, device="meta") @ recogniser.text_features().T
    assert recogniser.text_side.class_scores(scores).shape == (5, 3)


def test_more_texts_than_are_encoded_at_once_are_all_encoded() -> None:
    numbers = [f"text {number}" for number in range(TEXTS_AT_ONCE + 3)]
    side = plain_text_side(clip=tiny(), texts=["a frown", "\n".join(numbers)], combine="mean_score")
    alone = plain_text_side(clip=tiny(), texts=[numbers[-1]], combine="joined")
    assert side().shape == (TEXTS_AT_ONCE + 4, 256)
    assert torch.allclose(side()[-1:], alone(), atol=1e-6)


def test_each_line_has_the_whole_budget_and_an_overlong_one_names_its_class() -> None:
    long = "smile " * 60
    with torch.no_grad():
        zero_shot([f"{long}\n{long}", "a frown"], "mean_score")
    with pytest.raises(ContentError, match="class 'joy': the description takes 80 tokens"):
        plain_text_side(
            clip=tiny(),
            texts=["a frown", "wide eyes\n" + "smile " * 80],
            combine="mean_score",
            class_names=["anger", "joy"],
        )


def test_lines_are_texts_of_their_own_unless_joined() -> None:
    assert class_texts(["a\nb", "c"], "mean_raw", class_names=["x", "y"]) == (
        ("a", "b", "c"),
        ("x", "x", "y"),
        (2, 1),
    )
    assert class_texts(["a\nb", "c"], "joined") == (("a\nb", "c"), ("1", "2"), (1, 1))


def test_the_rules_on_numbers_that_can_be_checked_in_the_head() -> None:
    embeddings = torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    half = 0.5**0.5
    plain = combine_embeddings(embeddings, (2, 1), "mean_embedding")
    assert torch.allclose(plain, torch.tensor([[half, half], [0.0, 1.0]]))
    raw = combine_embeddings(embeddings, (2, 1), "mean_raw")
    assert torch.allclose(raw, functional.normalize(torch.tensor([[3.0, 1.0], [0.0, 1.0]])))
    scores = torch.tensor([[0.2, 0.6, 0.5]])
    assert torch.allclose(combine_scores(scores, (2, 1), "mean_score"), torch.tensor([[0.4, 0.5]]))
    assert torch.allclose(combine_scores(scores, (2, 1), "max_score"), torch.tensor([[0.6, 0.5]]))
    assert torch.equal(combine_scores(scores, (2, 1), "mean_raw"), scores)
