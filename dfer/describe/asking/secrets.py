"""Keys are never shown or stored, though servers echo them, whole or in part, even in answers."""

import re
from collections.abc import Sequence

# Long enough that no word of a description is taken for one ("bearer of", "sk-" does not occur in words).
_KEY_SHAPE = re.compile(
    # Behind a letter only where that is the "n" of a line break in JSON, or another escape of a space.
    r"(?:\b|(?<=\\[nrt]))(?:(?:sk|pk|rk|gsk|xai)-[\w*-]{6,}|hf_\w{8,}|AIza[\w-]{20,}|Bearer\s+(?=\S*\d)[\w.~+/*-]{12,}=*)",
    re.IGNORECASE,
)


def holds_secret(text: str) -> bool:
    """Whether anything in the text is shaped like a key."""
    return _KEY_SHAPE.search(text) is not None


def scrub(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without these very secrets and without anything shaped like a key."""
    for secret in secrets:
        text = re.sub("".join(map(_spellings, secret)), "(key)", text)
    return _KEY_SHAPE.sub("(key)", text)


def _spellings(character: str) -> str:
    """Plain, or as JSON or a URL may write it: some servers escape the / + & = of a key."""
    plain = re.escape(character)
    code = ord(character)
    return rf"(?:{plain}|\\{plain}|\\u(?i:{code:04x})|%(?i:{code:02x}))"
