"""The video recogniser, made of four parts: visual tower, temporal model, text side, head."""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from dfer.errors import ContentError, UsageError
from dfer.models.caption_side import CaptionSide, TokenIds
from dfer.models.conditional_text import ConditionalTextSide
from dfer.models.frame_ensemble import combine_frame_scores
from dfer.models.heads import CosineHead, LearnedScaleHead, LinearHead
from dfer.models.settings import FrameEnsemble
from dfer.models.state_difference import state_difference
from dfer.models.temporal import Temporal
from dfer.models.text_side import TextSide

AnyTextSide = TextSide | ConditionalTextSide | CaptionSide
AnyHead = CosineHead | LearnedScaleHead | LinearHead


class VideoRecogniser(nn.Module):
    """Frames → visual tower → temporal model → head, which compares with what the text side says.

    `visual`: CLIP's image tower. `temporal`: (batch, frames, embed) → (batch, embed), a module or a function;
    where `frame_ensemble` is a rule of scores, it leaves (batch, frames, embed).
    `text_side`: None for a head that reads no text. What trains is what has `requires_grad`; recipes decide.
    `pixel_mean`, `pixel_std`: normalise pixels in [0, 1] before the tower; None to leave them as they are.
    """

    pixel_mean: Tensor | None
    pixel_std: Tensor | None

    def __init__(
        self,
        *,
        visual: nn.Module,
        temporal: Temporal,
        text_side: AnyTextSide | None,
        head: AnyHead,
        image_size: int,
        frame_ensemble: FrameEnsemble = "mean",
        pixel_mean: tuple[float, float, float] | None = None,
        pixel_std: tuple[float, float, float] | None = None,
    ) -> None:
        super().__init__()
        self.visual = visual
        self.temporal = temporal
        self.text_side = text_side
        self.head = head
        self.frame_ensemble = frame_ensemble
        self.image_size = image_size
        for name, values in {"pixel_mean": pixel_mean, "pixel_std": pixel_std}.items():
            constant = None if values is None else torch.tensor(values).reshape(3, 1, 1)
            self.register_buffer(name, constant, persistent=False)

    @property
    def visual_is_frozen(self) -> bool:
        return not any(parameter.requires_grad for parameter in self.visual.parameters())

    def train(self, mode: bool = True) -> Self:
        """A frozen tower stays in evaluation mode: batch norms of a ResNet would go on learning."""
        super().train(mode)
        if self.visual_is_frozen:
            self.visual.eval()
        return self

    def recompute_activations(self) -> None:
        """Keep only each block's input for the gradients and compute the rest of the block again.

        Raises UsageError where the image tower trains and cannot: a ResNet, or batch norms, which would count
        each batch twice.
        """
        able = [module for module in self.modules() if hasattr(module, "grad_checkpointing")]
        tower = set(self.visual.modules())
        normed = any(isinstance(module, _BatchNorm) for module in tower)
        if not able or (not self.visual_is_frozen and (normed or tower.isdisjoint(able))):
            raise UsageError(
                "activations of this image tower cannot be recomputed", hint="leave --recompute out"
            )
        for module in able:
            setattr(module, "grad_checkpointing", True)  # noqa: B010 (torch types attributes as modules)

    def frame_features(self, frames: Tensor) -> Tensor:
        """(batch, frames, 3, H, W) in [0, 1] → (batch, frames, embed): projected, not normalised per frame.

        Features that were computed before, (batch, frames, embed), are given back as they are.
        Raises ContentError for another shape, or for pixels that are not floating point.
        """
        if frames.ndim == 3 and frames.is_floating_point():
            return frames
        size = self.image_size
        if frames.ndim != 5 or frames.shape[2:] != (3, size, size) or not frames.is_floating_point():
            raise ContentError(
                f"clips of shape {tuple(frames.shape)}, {frames.dtype}; "
                f"expected (batch, frames, 3, {size}, {size}) in floating point between 0 and 1"
            )
        if self.pixel_mean is not None and self.pixel_std is not None:
            frames = (frames - self.pixel_mean) / self.pixel_std
        batch, count = frames.shape[:2]
        features: Tensor = self.visual(frames.flatten(0, 1))  # (batch × frames, embed)
        return features.reshape(batch, count, -1)

    def video_embeddings(self, frames: Tensor) -> Tensor:
        """Frames as `frame_features` takes them → (batch, embed), not normalised: what a head is given.

        Where every frame is scored by itself, all of them: (batch, frames, embed).
        """
        return self.temporal(self.frame_features(frames))

    def video_features(self, frames: Tensor) -> Tensor:
        """`video_embeddings`, L2-normalised."""
        return functional.normalize(self.video_embeddings(frames), dim=-1)

    def text_features(self) -> Tensor | None:
        """(classes, embed), or (texts, embed) where the texts' scores are combined; L2-normalised.

        Evaluation computes it once and hands it to `forward`. None where there is no text, or where it
        depends on the clip.
        """
        if self.text_side is None or isinstance(self.text_side, ConditionalTextSide):
            return None
        features: Tensor = self.text_side()
        return features

    def forward(self, frames: Tensor, text: Tensor | None = None) -> Tensor:
        """Frames as `frame_features` takes them → logits (batch, classes), in the order of the descriptions.

        `text`: features from `text_features`, if they are at hand; otherwise they are computed.
        """
        video = self.video_embeddings(frames)
        if isinstance(self.text_side, ConditionalTextSide):
            text = self.text_side(video)
        elif text is None:
            text = self.text_features()
        scores: Tensor = self.head(video, text)  # (batch, texts), or (batch, frames, texts)
        if self.text_side is not None:
            scores = self.text_side.class_scores(scores)
        return combine_frame_scores(scores, self.frame_ensemble)

    def contrast(self, frames: Tensor, texts: Tensor | TokenIds) -> tuple[Tensor, Tensor, Tensor]:
        """What a contrastive step compares: clips (batch, embed), texts (batch, embed), and a scale ().

        `texts`: one for each clip, as token ids or, where the text tower is frozen, as features that were
        computed before. Both come L2-normalised. Only for a recogniser with captions and a learned scale.
        """
        assert isinstance(self.text_side, CaptionSide)
        assert isinstance(self.head, LearnedScaleHead)
        read = texts if isinstance(texts, Tensor) else self.text_side.read(texts)
        return self.video_features(frames), read, self.head.logit_scale.exp()

    def trainable_state(self) -> dict[str, Tensor]:
        """The tensors that training made and nothing else can bring back: parameters that train, and what
        their part counts (batch norms). Frozen towers come with CLIP, the descriptions with the run.

        The tensors are the recogniser's own, not copies.
        """
        trained = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        parts = {name.partition(".")[0] for name in trained}
        beside = {name for name, _ in self.named_buffers() if name.partition(".")[0] in parts}
        return {name: tensor for name, tensor in self.state_dict().items() if name in trained | beside}

    def load_trainable_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `trainable_state` gave. Raises ContentError, changing nothing, unless it fits."""
        if difference := state_difference(expected=self.trainable_state(), found=state):
            raise ContentError(
                f"these weights are of another recogniser ({difference})",
                hint="Build it with the same backbone, recipe settings and number of classes.",
            )
        self.load_state_dict(state, strict=False)
