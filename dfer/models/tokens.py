"""Description texts as CLIP token ids. A text that does not fit is an error; it is never cut."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import torch
from open_clip import SimpleTokenizer
from torch import Tensor

from dfer.errors import ContentError

START, END = 49406, 49407
AS_IT_IS = ("{}",)
"""The one template that is no sentence around a text, but the text."""


@lru_cache(maxsize=1)
def clip_tokenizer() -> SimpleTokenizer:
    """CLIP's byte-pair encoder. Only its `encode` is used: calling it would cut long texts silently."""
    return SimpleTokenizer()


def encode_descriptions(
    texts: Sequence[str],
    *,
    context_length: int,
    context_tokens: int = 0,
    class_names: Sequence[str] | None = None,
    templates: Sequence[str] = AS_IT_IS,
) -> list[list[int]]:
    """The token ids of each text, without start token, end token and context, in the order of `texts`; of
    each in all `templates`, where it takes the place of {}, before the next text.

    Validation of a description set has already said which words overflow; this is the last line of defence.
    Raises ContentError naming the class, a template other than {}, the tokens and the budget if a text does
    not fit; if it contains CLIP's own start or end token (the model would stop reading there); if there are
    no texts.
    """
    if not texts:
        raise ContentError("no descriptions: a recogniser needs at least one class")
    if class_names is not None and len(class_names) != len(texts):
        raise ContentError(f"{len(texts)} descriptions for {len(class_names)} classes")
    budget = context_length - 2 - context_tokens
    encoded = []
    for (index, text), template in product(enumerate(texts), templates):
        ids: list[int] = clip_tokenizer().encode(template.replace("{}", text))
        who = f"class {index + 1}" if class_names is None else f"class {class_names[index]!r}"
        who += "" if template in AS_IT_IS else f", template {template!r}"
        if len(ids) > budget:
            shorter = "use fewer context tokens" if template in AS_IT_IS else "the template"
            raise ContentError(
                f"{who}: the description takes {len(ids)} tokens, the budget is {budget} "
                f"({context_length} − start − end − {context_tokens} context tokens)",
                hint=f"Shorten the description or {shorter}.",
            )
        if START in ids or END in ids:
            raise ContentError(f"{who}: the description contains CLIP's own start or end token: {text!r}")
        encoded.append(ids)
    return encoded


def lay_out(
    tokens: Sequence[Sequence[int]], slots: Sequence[Sequence[int]] | None = None
) -> tuple[Tensor, Tensor]:
    """Rows `start, …, end` up to the longest: ids (texts, length), and the places of the end tokens (texts,).

    `slots`: places of each row to leave free for a context; what stands there, and after the end, is 0.
    """
    gaps = slots or [()] * len(tokens)
    ends = [1 + len(taken) + len(ids) for ids, taken in zip(tokens, gaps, strict=True)]
    rows = torch.zeros(len(tokens), max(ends) + 1, dtype=torch.long)
    for row, ids, taken, end in zip(rows, tokens, gaps, ends, strict=True):
        places = [place for place in range(1, end) if place not in taken]
        row[0], row[end] = START, END
        row[places] = torch.tensor(ids, dtype=torch.long)
    return rows, torch.tensor(ends)
