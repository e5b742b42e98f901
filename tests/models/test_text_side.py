"""The text side against open_clip's own encoder and against a plain writing-out of the published layout."""

from collections.abc import Callable

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from dfer.errors import ContentError, UsageError
from dfer.models.clip_backbone import TINY, ClipBackbone, clip_from_config, load_clip
from dfer.models.text_side import DescriptionPosition, TextSide, context_slots, draw_context
from dfer.models.text_tower import built_in_text_tower
from dfer.models.tokens import END, START, encode_descriptions

TEXTS = ["raised cheeks and a wide smile.", "a frown.", "tears, a lowered gaze, and inner brows drawn up."]
POSITIONS: list[DescriptionPosition] = ["end", "middle", "front"]

texts = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
token_lists = st.lists(st.lists(st.integers(0, START - 1), max_size=60), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def clip() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None)


def text_side(
    clip: ClipBackbone,
    tokens: list[list[int]],
    *,
    context: Tensor | None = None,
    position: DescriptionPosition = "end",
) -> TextSide:
    return TextSide(model=clip.model, tokens=tokens, context=context, description_position=position)


def written_out(
    clip: ClipBackbone, tokens: list[list[int]], context: Tensor, position: DescriptionPosition
) -> Tensor:
    """One class after the other, all 77 places, joined from pieces; every token of every layer computed."""
    model, rows, ends = clip.model, [], []
    for k, ids in enumerate(tokens):
        own = context[k] if context.ndim == 3 else context
        half = len(own) // 2
        words = model.token_embedding(torch.tensor(ids, dtype=torch.long))
        pieces = {
            "end": [own, words],
            "middle": [own[:half], words, own[half:]],
            "front": [words, own],
        }[position]
        end = 1 + len(own) + len(ids)
        tail = torch.tensor([END] + [0] * (76 - end))
        start = model.token_embedding(torch.tensor([START]))
        rows.append(torch.cat([start, *pieces, model.token_embedding(tail)]))
        ends.append(end)
    x = torch.stack(rows) + model.positional_embedding
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask))
    return functional.normalize(x[torch.arange(len(x)), ends] @ model.text_projection, dim=-1)


@given(token_lists)
@settings(max_examples=20, deadline=None)
def test_without_context_it_is_open_clips_own_text_encoder(
    clip: ClipBackbone, tokens: list[list[int]]
) -> None:
    ids = torch.zeros(len(tokens), 77, dtype=torch.long)
    for row, one in zip(ids, tokens, strict=True):
        row[: len(one) + 2] = torch.tensor([START, *one, END])
    with torch.no_grad():
        expected = clip.model.encode_text(ids, normalize=True)
    assert torch.allclose(text_side(clip, tokens)(), expected, atol=1e-6)


@given(token_lists, st.integers(1, 9), st.booleans(), st.sampled_from(POSITIONS), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_with_context_it_is_the_published_layout(
    clip: ClipBackbone,
    tokens: list[list[int]],
    n: int,
    class_specific: bool,
    position: DescriptionPosition,
    seed: int,
) -> None:
    context = draw_context(classes=len(tokens), tokens=n, width=128, class_specific=class_specific, seed=seed)
    assert context is not None
    context = context * 50  # large enough that a vector out of place shows
    with torch.no_grad():
        found = text_side(clip, tokens, context=context, position=position)()
        assert torch.allclose(found, written_out(clip, tokens, context, position), atol=2e-6)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("class_specific", [True, False])
def test_the_contexts_gradient_is_that_of_the_published_layout(
    clip: ClipBackbone, position: DescriptionPosition, class_specific: bool
) -> None:
    tokens = encode_descriptions(TEXTS, context_length=77, context_tokens=5)
    context = draw_context(classes=3, tokens=5, width=128, class_specific=class_specific, seed=0)
    assert context is not None
    weights = torch.linspace(-1, 1, 256)
    side = text_side(clip, tokens, context=context, position=position)
    (side() @ weights).square().sum().backward()
    plain = context.clone().requires_grad_()
    (written_out(clip, tokens, plain, position) @ weights).square().sum().backward()
    assert side.context is not None
    assert side.context.grad is not None
    assert plain.grad is not None
    assert torch.allclose(side.context.grad, plain.grad, atol=1e-5, rtol=1e-4)


def test_the_places_of_the_context() -> None:
    def places(position: DescriptionPosition, n: int) -> list[int]:
        return context_slots(position, context_tokens=n, text_tokens=3)

    assert places("end", 4) == [1, 2, 3, 4]
    assert places("front", 4) == [4, 5, 6, 7]
    assert places("middle", 4) == [1, 2, 6, 7]
    assert places("middle", 5) == [1, 2, 6, 7, 8]  # the smaller half first
    assert places("middle", 1) == [4]
    assert places("end", 0) == []


def test_what_stands_after_the_longest_end_token_is_not_computed(clip: ClipBackbone) -> None:
    first, *_, last = clip.model.transformer.resblocks
    seen: dict[str, torch.Size] = {}
    first.ln_1.register_forward_hook(lambda _, given, out: seen.update(first=out.shape))
    last.mlp.gelu.register_forward_hook(lambda _, given, out: seen.update(last=out.shape))
    side = text_side(clip, [[320] * 3, [320] * 11], context=torch.zeros(4, 128))
    side()
    assert seen["first"][:2] == (2, 1 + 4 + 11 + 1)
    assert seen["last"][:-1] == (2, 1), "the last MLP sees the end tokens alone"


def test_features_are_of_unit_length_and_in_the_order_of_the_texts(clip: ClipBackbone) -> None:
    tokens = encode_descriptions(TEXTS, context_length=77)
    features = text_side(clip, tokens)()
    assert torch.allclose(features.norm(dim=-1), torch.ones(3))
    assert torch.allclose(text_side(clip, tokens[::-1])(), features.flip(0), atol=1e-6)


def test_the_context_is_all_that_trains(clip: ClipBackbone) -> None:
    side = text_side(clip, [[320], [321, 322]], context=torch.zeros(2, 4, 128))
    assert [name for name, p in side.named_parameters() if p.requires_grad] == ["context"]
    assert not any(p.requires_grad for p in text_side(clip, [[320]]).parameters())


def test_a_shared_context_is_one_and_a_class_specific_one_is_many() -> None:
    shared = draw_context(classes=7, tokens=8, width=512, class_specific=False, seed=0)
    specific = draw_context(classes=7, tokens=8, width=512, class_specific=True, seed=0)
    assert shared is not None
    assert specific is not None
    assert shared.shape == (8, 512)
    assert specific.shape == (7, 8, 512)
    assert specific.numel() == 28_672  # the paper's count for seven classes
    assert specific.std().item() == pytest.approx(0.02, rel=0.02)
    assert draw_context(classes=7, tokens=0, width=512, class_specific=True, seed=0) is None


def test_context_for_other_classes_is_refused(clip: ClipBackbone) -> None:
    with pytest.raises(ContentError, match="context for 2 classes, descriptions for 1"):
        text_side(clip, [[320]], context=torch.zeros(2, 4, 128))


def test_a_text_tower_kept_apart_gives_the_same_features(clip: ClipBackbone) -> None:
    apart = clip_from_config({**TINY, "custom_text": True}, seed=0, identity={"architecture": "apart"})
    assert type(apart.model) is open_clip.CustomTextCLIP
    state = open_clip.model.convert_to_custom_text_state_dict(clip.model.state_dict())
    apart.model.load_state_dict(state)
    tokens, context = encode_descriptions(TEXTS, context_length=77), torch.randn(4, 128)
    with torch.no_grad():
        found = text_side(apart, tokens, context=context)()
        assert torch.allclose(found, text_side(clip, tokens, context=context)(), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ({"no_causal_mask": True}, "attention in both directions"),
        ({"pool_type": "last"}, "not read at the end token"),
        ({"embed_cls": True}, "an appended class token"),
        ({"vocab_size": 32000}, "not CLIP's vocabulary"),
    ],
)
def test_a_text_tower_of_another_kind_is_refused(text: dict[str, object], reason: str) -> None:
    config = {**TINY, "custom_text": True, "text_cfg": {**TINY["text_cfg"], **text}}
    other = clip_from_config(config, seed=0, identity={"architecture": "other"})
    with pytest.raises(UsageError, match=reason) as caught:
        built_in_text_tower(other.model)
    assert "Supported" in caught.value.hint


@given(st.lists(texts, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_tokens_are_those_of_open_clips_tokenizer(some: list[str]) -> None:
    for ids, row in zip(
        encode_descriptions(some, context_length=77), open_clip.tokenize(some).tolist(), strict=True
    ):
        assert row == [START, *ids, END] + [0] * (75 - len(ids))


def test_a_text_may_fill_its_budget_to_the_last_token_and_no_further(clip: ClipBackbone) -> None:
    full = " ".join(["smile"] * 67)
    tokens = encode_descriptions([full], context_length=77, context_tokens=8)
    side = text_side(clip, tokens, context=torch.zeros(8, 128))
    assert side().shape == (1, 256)
    with pytest.raises(
        ContentError, match=r"class 'anger': the description takes 68 tokens, the budget is 67"
    ):
        encode_descriptions(
            ["ok", full + " smile"], context_length=77, context_tokens=8, class_names=["joy", "anger"]
        )


@pytest.mark.parametrize("text", ["a <end_of_text> smile", "<START_OF_TEXT>"])
def test_clips_own_markers_in_a_text_are_refused(text: str) -> None:
    with pytest.raises(ContentError, match=r"class 1: .* start or end token"):
        encode_descriptions([text], context_length=77)


@pytest.mark.parametrize(
    "call",
    [
        lambda: encode_descriptions([], context_length=77),
        lambda: encode_descriptions(["a"], context_length=77, class_names=["a", "b"]),
    ],
)
def test_as_many_texts_as_classes_and_at_least_one(call: Callable[[], object]) -> None:
    with pytest.raises(ContentError):
        call()
