"""The video recogniser: frames → CLIP's visual tower → temporal model; descriptions → text side; compare."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from dfer.errors import ContentError
from dfer.models.state_difference import state_difference
from dfer.models.text_side import TextSide


class VideoRecogniser(nn.Module):
    """Scores videos against class descriptions by cosine similarity (DFER-CLIP eq. 5).

    `visual`: CLIP's image tower. `temporal`: (batch, frames, embed) → (batch, embed), a module or a function.
    `temperature`: fixed; eq. 5 calls it learned, the code and §4.2 of the paper use the constant 0.01.
    `pixel_mean`, `pixel_std`: normalise pixels in [0, 1] before the tower; None to leave them as they are.
    """

    pixel_mean: Tensor | None
    pixel_std: Tensor | None

    def __init__(
        self,
        *,
        visual: nn.Module,
        temporal: Callable[[Tensor], Tensor],
        text_side: TextSide,
        temperature: float,
        image_size: int,
        pixel_mean: tuple[float, float, float] | None = None,
        pixel_std: tuple[float, float, float] | None = None,
    ) -> None:
        super().__init__()
        self.visual = visual
        self.temporal = temporal
        self.text_side = text_side
        self.temperature = temperature
        self.image_size = image_size
        for name, values in {"pixel_mean": pixel_mean, "pixel_std": pixel_std}.items():
            constant = None if values is None else torch.tensor(values).reshape(3, 1, 1)
            self.register_buffer(name, constant, persistent=False)

    def frame_features(self, pixels: Tensor) -> Tensor:
        """(batch, frames, 3, H, W) in [0, 1] → (batch, frames, embed): projected, not normalised per frame.

        Raises ContentError for another shape, or for pixels that are not floating point.
        """
        size = self.image_size
        if pixels.ndim != 5 or pixels.shape[2:] != (3, size, size) or not pixels.is_floating_point():
            raise ContentError(
                f"clips of shape {tuple(pixels.shape)}, {pixels.dtype}; "
                f"expected (batch, frames, 3, {size}, {size}) in floating point between 0 and 1"
            )
        if self.pixel_mean is not None and self.pixel_std is not None:
            pixels = (pixels - self.pixel_mean) / self.pixel_std
        batch, frames = pixels.shape[:2]
        features: Tensor = self.visual(pixels.flatten(0, 1))  # (batch × frames, embed)
        return features.reshape(batch, frames, -1)

    def video_features(self, pixels: Tensor) -> Tensor:
        """(batch, frames, 3, H, W) in [0, 1] → (batch, embed), L2-normalised."""
        return functional.normalize(self.temporal(self.frame_features(pixels)), dim=-1)

    def text_features(self) -> Tensor:
        """(classes, embed), or (texts, embed) where the texts' scores are combined; L2-normalised.

        Evaluation computes it once and hands it to `forward`.
        """
        features: Tensor = self.text_side()
        return features

    def forward(self, pixels: Tensor, text: Tensor | None = None) -> Tensor:
        """(batch, frames, 3, H, W) in [0, 1] → logits (batch, classes), in the order of the descriptions.

        `text`: features from `text_features`, if they are at hand; otherwise they are computed.
        """
        text = self.text_features() if text is None else text
        video = self.video_features(pixels)
        # In bfloat16 a cosine has three digits; the temperature would turn that into steps of half a logit.
        with torch.autocast(pixels.device.type, enabled=False):
            scores: Tensor = video.float() @ text.float().T / self.temperature
            return self.text_side.class_scores(scores)

    def trainable_state(self) -> dict[str, Tensor]:
        """The tensors that training made and nothing else can bring back: temporal model, context, and the
        visual tower if it trains. The frozen text tower comes with CLIP, the descriptions with the run.

        The tensors are the recogniser's own, not copies.
        """
        parts = ["temporal.", "text_side.context"]
        if any(parameter.requires_grad for parameter in self.visual.parameters()):
            parts.append("visual.")
        state = self.state_dict()
        return {name: tensor for name, tensor in state.items() if name.startswith(tuple(parts))}

    def load_trainable_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `trainable_state` gave. Raises ContentError, changing nothing, unless it fits."""
        if difference := state_difference(expected=self.trainable_state(), found=state):
            raise ContentError(
                f"these weights are of another recogniser ({difference})",
                hint="Build it with the same backbone, recipe settings and number of classes.",
            )
        self.load_state_dict(state, strict=False)
