"""CLIP's text transformer, frozen, fed with vectors instead of tokens."""

from typing import Any

import open_clip
from torch import Tensor, nn

from dfer.errors import UsageError
from dfer.models.transformer_blocks import has_plain_blocks, read_token

CLIP_VOCABULARY = 49408


def built_in_text_tower(model: nn.Module) -> Any:
    """The module of an open_clip model that holds its text transformer.

    Raises UsageError unless the tower is CLIP's kind: CLIP's vocabulary, causal attention, read at the end
    token. (Untyped, like all of open_clip.)
    """
    text = getattr(model, "text", None) if isinstance(model, open_clip.CustomTextCLIP) else model
    pool = getattr(text, "text_pool_type", None) or getattr(text, "pool_type", None)
    wrong = [
        what
        for what, is_wrong in {
            "no built-in text transformer": not hasattr(text, "token_embedding"),
            "not CLIP's vocabulary": getattr(text, "vocab_size", None) != CLIP_VOCABULARY,
            "attention in both directions": getattr(text, "attn_mask", None) is None,
            "not read at the end token": pool != "argmax",
            "blocks of another kind than CLIP's": not has_plain_blocks(getattr(text, "transformer", None)),
            "an appended class token": getattr(text, "cls_emb", None) is not None,
        }.items()
        if is_wrong
    ]
    if wrong or text is None:
        raise UsageError(
            f"this model's text tower is not supported: {', '.join(wrong)}",
            hint="Supported: CLIP's own text towers (open_clip CLIP and CustomTextCLIP), such as ViT-B-32.",
        )
    return text


class TextTower(nn.Module):
    """From token vectors to text features. Frozen when made; gradients pass through to the vectors.

    Takes the transformer of `text` over (see `built_in_text_tower`) without the token table, which is 40 % of
    ViT-B/32's text tower and not needed once the descriptions have been looked up.
    """

    attn_mask: Tensor

    def __init__(self, *, text: Any) -> None:
        super().__init__()
        self.transformer = text.transformer
        self.positional_embedding = text.positional_embedding
        self.ln_final = text.ln_final
        self.text_projection = text.text_projection
        self.register_buffer("attn_mask", text.attn_mask, persistent=False)
        self.requires_grad_(False)

    def forward(self, vectors: Tensor, ends: Tensor) -> Tensor:
        """(texts, length, width), (texts,) position of each end token → (texts, embed), not normalised.

        `length` may stop at the last end token: attention is causal and only the end token is read, so what
        follows it cannot matter. Exact, and less than half the work for descriptions of usual length.
        """
        length = vectors.shape[1]
        x: Tensor = vectors + self.positional_embedding[:length]
        x = read_token(
            self.transformer, x, places=ends, mask=self.attn_mask[:length, :length]
        )  # (texts, width)
        x = self.ln_final(x)  # per token, so it may follow the choice of the token
        if isinstance(self.text_projection, nn.Linear):
            x = self.text_projection(x)
        elif self.text_projection is not None:
            x = x @ self.text_projection
        return x
