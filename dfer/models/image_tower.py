"""CLIP's vision transformer: the class token of each image, and nothing that is not needed for it."""

from typing import Any

import torch
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from dfer.models.patch_embedding import PatchEmbedding
from dfer.models.transformer_blocks import has_plain_blocks, read_token

TOWER = 2
"""How a frame's feature is computed, to the last bit. 1: open_clip's own pass, until November 2026."""


class ImageTower(nn.Module):
    """Takes over the parts of an open_clip `VisionTransformer` that `is_published_layout` knows, under the
    same names and in the same order."""

    def __init__(self, *, visual: Any) -> None:
        super().__init__()
        self.image_size: tuple[int, int] = visual.image_size
        self.class_embedding = visual.class_embedding
        self.positional_embedding = visual.positional_embedding
        self.proj = visual.proj
        self.conv1 = PatchEmbedding(convolution=visual.conv1)
        self.ln_pre = visual.ln_pre
        self.transformer = visual.transformer
        self.ln_post = visual.ln_post

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, H, W), normalised as the weights want it → (images, embed)."""
        patches = self.conv1(images)  # (images, patches, width)
        first = self.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        x = torch.cat([first, patches], dim=1) + self.positional_embedding  # (images, 1 + patches, width)
        x = read_token(self.transformer, self.ln_pre(x))
        read: Tensor = self.ln_post(x) @ self.proj  # per token, so it may follow the choice of the token
        return read

    def hold_matrices(self, dtype: torch.dtype) -> None:
        """For a tower that nothing trains any more, under autocast to `dtype`.

        Autocast rounds every matrix anew in every pass; rounded for good they give the same numbers, take
        half the memory and save the rounding, which counts where batches are small.
        """
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.MultiheadAttention | PatchEmbedding):
                for parameter in module.parameters(recurse=False):
                    if parameter.ndim > 1:
                        parameter.data = parameter.data.to(dtype)


def is_published_layout(visual: Any) -> bool:
    """Whether this is a vision transformer as CLIP has it, read at its class token."""
    return bool(
        type(visual) is VisionTransformer
        and visual.patch_size[0] == visual.patch_size[1]
        and has_plain_blocks(visual.transformer)
        and visual.attn_pool is None
        and visual.pool_type == "tok"
        and isinstance(visual.patch_dropout, nn.Identity)
        and not visual.output_tokens
    )
