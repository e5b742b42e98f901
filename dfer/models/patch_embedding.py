"""A vision transformer's patch convolution as one matrix product: the same numbers, and faster on CPUs."""

from torch import Tensor, nn

from dfer.models.linear_layer import linear


class PatchEmbedding(nn.Module):
    """Takes over the weight of a convolution whose patches do not overlap, under the same parameter name.

    For one big patch, as in `tiny`, the convolution's backward pass is most of a training step on a CPU.
    """

    def __init__(self, *, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight = convolution.weight
        self.patch = convolution.kernel_size[0]

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, H, W) → (images, patches, width), row after row."""
        count, channels, height, width = images.shape
        rows, columns, p = height // self.patch, width // self.patch, self.patch
        x = images.reshape(count, channels, rows, p, columns, p)
        x = x.permute(0, 2, 4, 1, 3, 5).flatten(3)  # (images, rows, columns, 3 × patch × patch)
        return linear(x.flatten(1, 2), self.weight.flatten(1), None)  # (images, patches, width)
