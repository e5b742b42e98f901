"""Where a CLIP places classes: the point that videos are compared with, under each rule."""

import open_clip
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from description_store.records import Combine
from dfer.errors import ContentError
from dfer.models.class_embeddings import class_embeddings, text_embeddings
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.text_side import plain_text_side

TEXTS = ["raised cheeks\na wide smile\nparted lips", "a frown", "tears\na lowered gaze"]


@pytest.fixture(scope="module")
def clip() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None, seed=0)


def encoded(clip: ClipBackbone, texts: list[str]) -> Tensor:
    with torch.no_grad():
        found: Tensor = clip.model.encode_text(open_clip.SimpleTokenizer()(texts))
    return found


def test_joined_descriptions_are_open_clips_own_text_features(clip: ClipBackbone) -> None:
    texts = ["a wide smile.", "a frown."]
    found = class_embeddings(clip=clip, texts=texts)
    assert torch.allclose(found, functional.normalize(encoded(clip, texts), dim=-1), atol=1e-6)


@pytest.mark.parametrize("rule", ["mean_embedding", "mean_raw"])
def test_a_rule_of_embeddings_gives_what_videos_are_compared_with(clip: ClipBackbone, rule: Combine) -> None:
    found = class_embeddings(clip=clip, texts=TEXTS, combine=rule)
    assert torch.equal(found, plain_text_side(clip=clip, texts=TEXTS, combine=rule)())


@pytest.mark.parametrize("rule", ["mean_score", "max_score"])
def test_a_rule_of_scores_places_a_class_in_the_middle_of_its_texts(
    clip: ClipBackbone, rule: Combine
) -> None:
    rows = [functional.normalize(encoded(clip, text.split("\n")), dim=-1).mean(0) for text in TEXTS]
    found = class_embeddings(clip=clip, texts=TEXTS, combine=rule)
    assert torch.allclose(found, functional.normalize(torch.stack(rows), dim=-1), atol=1e-6)


def test_a_mean_score_is_the_cosine_with_that_point_times_a_number_of_the_class(clip: ClipBackbone) -> None:
    videos = torch.randn(5, 256, generator=torch.Generator().manual_seed(0))
    points = class_embeddings(clip=clip, texts=TEXTS, combine="mean_score")
    side = plain_text_side(clip=clip, texts=TEXTS, combine="mean_score")
    ratio = side.class_scores(videos @ side().T) / (videos @ points.T)
    assert torch.allclose(ratio, ratio[:1].expand(5, -1), atol=1e-4)


def test_every_text_is_there_by_itself_in_the_order_of_the_lines(clip: ClipBackbone) -> None:
    found = text_embeddings(clip=clip, texts=TEXTS, combine="max_score")
    for own, text in zip(found, TEXTS, strict=True):
        assert torch.allclose(own, functional.normalize(encoded(clip, text.split("\n")), dim=-1), atol=1e-6)


@pytest.mark.parametrize("rule", ["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"])
def test_embeddings_are_of_unit_length_need_no_gradient_and_cut_no_text(
    clip: ClipBackbone, rule: Combine
) -> None:
    found = class_embeddings(clip=clip, texts=TEXTS, combine=rule)
    assert found.shape == (3, 256)
    assert not found.requires_grad
    assert torch.allclose(found.norm(dim=-1), torch.ones(3))
    with pytest.raises(ContentError, match="class 'joy': the description takes 80 tokens, the budget is 75"):
        class_embeddings(clip=clip, texts=["smile " * 80, "a"], combine=rule, class_names=["joy", "anger"])
