"""The towers as dfer runs them, beside open_clip's own passes with the same weights."""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import open_clip
import pytest
import torch
from torch import Tensor, nn

from dfer.errors import UsageError
from dfer.models import linear_layer
from dfer.models.clip_backbone import TINY, clip_from_config
from dfer.models.image_tower import ImageTower, is_published_layout
from dfer.models.patch_embedding import PatchEmbedding
from dfer.models.text_tower import TextTower, built_in_text_tower
from dfer.models.tokens import clip_tokenizer, lay_out


@pytest.fixture(autouse=True, params=["products", "convolutions"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of a linear layer, though these models are small (`dfer/models/linear_layer.py`)."""
    if request.param == "convolutions":
        monkeypatch.setattr(linear_layer, "_is_large", lambda x, weight: True)


SMALL: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "patch_size": 8, "width": 64, "layers": 3, "head_width": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 48, "heads": 3, "layers": 3},
}
TEXTS = ("furrowed brows, narrowed eyes, tightened lips", "a smile", "eyes")


def published(**vision: object) -> nn.Module:
    """open_clip's model as it comes, larger weights than it begins with: small ones hide mistakes."""
    torch.manual_seed(0)
    config = {**SMALL, "vision_cfg": SMALL["vision_cfg"] | vision}
    quick = bool(config["vision_cfg"].pop("quick_gelu", False))
    model = open_clip.CLIP(**config, quick_gelu=quick).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.2)
    return model


def gradients(model: nn.Module, output: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    (output * torch.linspace(-1, 1, output.numel()).reshape(output.shape)).sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        scale = gradient.abs().max().clamp(min=1e-3)
        torch.testing.assert_close(found[name] / scale, gradient / scale, atol=2e-5, rtol=0, msg=name)


@pytest.mark.parametrize(
    "vision", [{}, {"quick_gelu": True}, {"ls_init_value": 0.3}, {"no_ln_pre": True}], ids=str
)
def test_the_image_tower_gives_the_features_and_gradients_of_open_clips(vision: dict[str, object]) -> None:
    theirs = published(**vision).visual
    ours = ImageTower(visual=copy.deepcopy(theirs))
    images = torch.rand(5, 3, 32, 32)
    expected, found = theirs(images), ours(images)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
    assert_same(gradients(ours, found), gradients(theirs, expected))


def test_the_image_tower_keeps_names_order_and_shapes_so_that_old_files_fit() -> None:
    theirs = published().visual
    shapes = {name: tensor.shape for name, tensor in theirs.state_dict().items()}
    ours = ImageTower(visual=theirs)
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == shapes
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert isinstance(ours.conv1, PatchEmbedding)


@pytest.mark.parametrize("quick_gelu", [False, True])
def test_the_text_tower_gives_what_open_clips_gives_for_all_77_tokens(quick_gelu: bool) -> None:
    theirs: Any = published(quick_gelu=quick_gelu)
    ours = TextTower(text=built_in_text_tower(copy.deepcopy(theirs))).requires_grad_(True)
    ids, ends = lay_out([clip_tokenizer().encode(text) for text in TEXTS])
    padded = torch.zeros(len(ids), 77, dtype=torch.long)
    padded[:, : ids.shape[1]] = ids
    expected = theirs.encode_text(padded)
    found = ours(theirs.token_embedding(ids).detach(), ends)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)
    of_theirs = gradients(theirs, expected)
    assert_same(gradients(ours, found), {name: of_theirs[name] for name, _ in ours.named_parameters()})


def test_in_bfloat16_both_are_equally_far_from_float32() -> None:
    theirs = published(quick_gelu=True).visual
    ours = ImageTower(visual=copy.deepcopy(theirs))
    images = torch.rand(16, 3, 32, 32)
    exact = theirs(images)
    with torch.autocast("cpu", torch.bfloat16):
        off = [(tower(images).float() - exact).norm() / exact.norm() for tower in (ours, theirs)]
    assert 0 < off[0] < 1.5 * off[1]


def test_recomputing_activations_keeps_less_and_changes_no_gradient() -> None:
    tower = ImageTower(visual=published().visual)
    images = torch.rand(5, 3, 32, 32)

    def kept_bytes() -> tuple[int, dict[str, Tensor]]:
        kept: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            output = tower(images)
        return sum(kept.values()), gradients(tower, output)

    all_kept, expected = kept_bytes()
    tower.transformer.grad_checkpointing = True
    some_kept, found = kept_bytes()
    assert some_kept < all_kept / 2
    for name, gradient in expected.items():
        assert torch.equal(found[name], gradient), name


def test_for_frozen_blocks_nothing_is_kept() -> None:
    tower = ImageTower(visual=published().visual)
    tower.requires_grad_(False)
    tower.proj.requires_grad_(True)  # the last step of all
    kept: list[torch.Size] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape) or t, lambda t: t):
        tower(torch.rand(2, 3, 32, 32))
    assert set(kept) <= {(2, 64), (64, 2), tower.proj.shape}, "only what the projection was given"


def _patch_dropout(visual: Any) -> None:
    visual.patch_dropout = open_clip.transformer.PatchDropout(0.5)


def _average(visual: Any) -> None:
    visual.pool_type = "avg"


def _other_blocks(visual: Any) -> None:
    visual.transformer = open_clip.transformer.Transformer(64, 2, 4, qk_norm=True)


@pytest.mark.parametrize("change", [_patch_dropout, _average, _other_blocks])
def test_a_tower_of_another_kind_stays_open_clips(change: Callable[[Any], None]) -> None:
    visual = published().visual
    assert is_published_layout(visual)
    change(visual)
    assert not is_published_layout(visual)


def test_a_residual_network_stays_open_clips() -> None:
    config = {**TINY, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16}}
    clip = clip_from_config(config, seed=0, identity={"architecture": "a small ResNet"})
    assert isinstance(clip.model.visual, open_clip.modified_resnet.ModifiedResNet)


def test_a_text_tower_with_other_blocks_is_refused() -> None:
    config = {**SMALL, "text_cfg": SMALL["text_cfg"] | {"qk_norm": True}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = open_clip.CLIP(**config)
    with pytest.raises(UsageError, match="blocks of another kind"):
        built_in_text_tower(model)


def test_matrices_held_in_bfloat16_give_what_autocast_gives_to_the_last_bit() -> None:
    tower = ImageTower(visual=published(quick_gelu=True).visual).requires_grad_(False)
    images = torch.rand(4, 3, 32, 32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        expected = tower(images)
        tower.hold_matrices(torch.bfloat16)
        assert tower.transformer.resblocks[0].attn.in_proj_weight.dtype is torch.bfloat16
        assert torch.equal(tower(images), expected)
