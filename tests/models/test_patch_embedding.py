"""The patch convolution as a matrix product."""

import pytest
import torch
from torch import nn

from dfer.models.clip_backbone import load_clip
from dfer.models.patch_embedding import PatchEmbedding, use_patch_embedding


@pytest.mark.parametrize(("patch", "size"), [(8, 32), (16, 64), (64, 64)])
def test_it_gives_the_numbers_and_gradients_of_the_convolution(patch: int, size: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 24, patch, stride=patch, bias=False)
    images = torch.rand(2, 3, size, size)
    expected = convolution(images)
    expected.square().sum().backward()
    gradient = convolution.weight.grad
    convolution.weight.grad = None
    found = PatchEmbedding(convolution=convolution)(images)
    found.square().sum().backward()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(convolution.weight.grad, gradient, atol=1e-4, rtol=1e-4)


def test_a_vision_transformer_uses_it_and_keeps_the_published_parameter_name() -> None:
    visual = load_clip(architecture="tiny", pretrained=None).model.visual
    assert isinstance(visual.conv1, PatchEmbedding)
    assert "conv1.weight" in visual.state_dict()


def test_a_residual_network_is_left_alone() -> None:
    tower = nn.Module()
    tower.conv1 = nn.Conv2d(3, 8, 3, stride=2, bias=False)
    use_patch_embedding(tower)
    assert isinstance(tower.conv1, nn.Conv2d)
