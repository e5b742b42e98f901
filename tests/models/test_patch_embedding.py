"""The patch convolution as a matrix product."""

import pytest
import torch
from torch import nn

from dfer.models.patch_embedding import PatchEmbedding


@pytest.mark.parametrize(("patch", "size"), [(8, 32), (16, 64), (64, 64)])
def test_it_gives_the_numbers_and_gradients_of_the_convolution(patch: int, size: int) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 24, patch, stride=patch, bias=False)
    images = torch.rand(2, 3, size, size)
    expected = convolution(images).flatten(2).transpose(1, 2)  # (images, patches, width)
    expected.square().sum().backward()
    gradient = convolution.weight.grad
    convolution.weight.grad = None
    found = PatchEmbedding(convolution=convolution)(images)
    found.square().sum().backward()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(convolution.weight.grad, gradient, atol=1e-4, rtol=1e-4)
