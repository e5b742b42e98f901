"""Description texts as CLIP token ids. A text that does not fit is an error; it is never cut."""

from collections.abc import Sequence
from functools import lru_cache

from open_clip import SimpleTokenizer

from dfer.errors import ContentError

START, END = 49406, 49407


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
) -> list[list[int]]:
    """The token ids of each text, without start token, end token and context, in the order of `texts`.

    Validation of a description set has already said which words overflow; this is the last line of defence.
    Raises ContentError naming the class, its tokens and the budget if a text does not fit; if it contains
    CLIP's own start or end token (the model would stop reading there); if there are no texts.
    """
    if not texts:
        raise ContentError("no descriptions: a recogniser needs at least one class")
    if class_names is not None and len(class_names) != len(texts):
        raise ContentError(f"{len(texts)} descriptions for {len(class_names)} classes")
    budget = context_length - 2 - context_tokens
    encoded = []
    for index, text in enumerate(texts):
        ids: list[int] = clip_tokenizer().encode(text)
        who = f"class {index + 1}" if class_names is None else f"class {class_names[index]!r}"
        if len(ids) > budget:
            raise ContentError(
                f"{who}: the description takes {len(ids)} tokens, the budget is {budget} "
                f"({context_length} − start − end − {context_tokens} context tokens)",
                hint="Shorten the description or use fewer context tokens.",
            )
        if START in ids or END in ids:
            raise ContentError(f"{who}: the description contains CLIP's own start or end token: {text!r}")
        encoded.append(ids)
    return encoded
