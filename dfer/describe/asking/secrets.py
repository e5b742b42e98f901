"""Keys are never shown or stored, though servers echo them, whole or in part, even in answers."""

import re
from collections.abc import Sequence

# Long enough that no word of a description is taken for one ("bearer of", "sk-" does not occur in words).
_KEY_SHAPE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai)-[\w*-]{6,}|\bhf_\w{8,}|\bAIza[\w-]{20,}|\bBearer\s+[\w.~+/*-]{12,}=*",
    re.IGNORECASE,
)


def holds_secret(text: str) -> bool:
    """Whether anything in the text is shaped like a key."""
    return _KEY_SHAPE.search(text) is not None


def scrub(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without these very secrets and without anything shaped like a key."""
    for secret in secrets:
        text = text.replace(secret, "(key)")
    return _KEY_SHAPE.sub("(key)", text)
