"""CLIP's tokens, counted without importing open_clip (which takes seconds and needs torch).

Equal to `open_clip.tokenizer.SimpleTokenizer().encode`: the same cleaning (ftfy, HTML unescaping, white
space, lower case), the same pattern, the same merges file, read from where open_clip is installed.

The merging is the `tokenizers` library's BPE. Merging in Python, as open_clip does, would start some 35 ms
earlier, but it is quadratic in the length of a word, and an LLM's answer may hold any word.
"""

import functools
import gzip
import html
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfer.errors import ConfigurationError, ContentError, UsageError

if TYPE_CHECKING:
    from tokenizers.models import BPE

CONTEXT_LENGTH = 77
START_AND_END = 2

# What open_clip turns into the ids of its own start and end; every other word goes through the merges.
SPECIAL_TOKENS = ("<start_of_text>", "<end_of_text>")
# The names that other CLIP tokenizers give them: harmless to open_clip, fatal to the next user of the text.
FORBIDDEN_TOKENS = (*SPECIAL_TOKENS, "<|startoftext|>", "<|endoftext|>")

_MERGES_FILE = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 49152 - 256 - 2  # of the longer list in the file; open_clip takes these first ones
_PATTERN = "|".join(SPECIAL_TOKENS) + r"|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def token_ids(text: str) -> list[int]:
    """The ids of `text` in CLIP's vocabulary, without start and end and never cut.

    Raises ConfigurationError when open_clip's merges file cannot be found or read.
    """
    return _ids(_cleaned(text))


def text_of(ids: Sequence[int]) -> str:
    """A text of these tokens, as people write it where that is the same to CLIP: "wide eyes, open mouth."

    Capitals and white space are lost in tokens. Not every row of ids comes from a text: compare `token_ids`.
    Raises ContentError for an id outside the vocabulary or a special token; as `token_ids`.
    """
    _, _, _, words = _tokenizer()
    if strange := [number for number in ids if not 0 <= number < len(words)]:
        raise ContentError(f"token {strange[0]} stands for no word")
    letters = {letter: byte for byte, letter in _byte_spelling().items()}
    spelled = "".join(words[number].replace("</w>", " ") for number in ids)
    raw = bytes(letters.get(letter, ord(" ")) for letter in spelled).decode("utf-8", errors="replace").strip()
    written = re.sub(r"(?<=\w) - (?=\w)", "-", re.sub(r" (?=[,.;:!?)'])|(?<=\() ", "", raw))
    return written if token_ids(written) == list(ids) else raw


def count_tokens(text: str) -> int:
    """How many of CLIP's tokens `text` takes, without start and end. Raises as `token_ids`."""
    return len(token_ids(text))


def token_budget(context_tokens: int) -> int:
    """How many tokens a description may take beside start, end and `context_tokens` learnable ones.

    Raises UsageError when that leaves no token, or when `context_tokens` is negative.
    """
    budget = CONTEXT_LENGTH - START_AND_END - context_tokens
    if context_tokens < 0 or budget < 1:
        raise UsageError(
            f"{context_tokens} context tokens leave no room for a description: "
            f"CLIP reads {CONTEXT_LENGTH} tokens, {START_AND_END} of them start and end",
            hint=f"Use 0 to {CONTEXT_LENGTH - START_AND_END - 1} context tokens (DFER-CLIP uses 8).",
        )
    return budget


def overflow(text: str, budget: int) -> str:
    """The words of `text`, as CLIP reads it, from the first that does not fit whole in `budget` tokens.

    Empty when everything fits. No token crosses white space, so the counts of the words add up to the count
    of the text. Raises as `token_ids`.
    """
    words = _cleaned(text).split()
    used = 0
    for position, word in enumerate(words):
        used += len(_ids(word))
        if used > budget:
            return " ".join(words[position:])
    return ""


def special_token_in(text: str) -> str | None:
    """The first start or end token written out in `text`, or None. CLIP would end its reading there.

    Looks at the text as open_clip cleans it, so `&lt;end_of_text&gt;` and full-width letters are found too.
    """
    cleaned = _cleaned(text).lower()
    found = [(cleaned.find(token), token) for token in FORBIDDEN_TOKENS if token in cleaned]
    return min(found)[1] if found else None


def _cleaned(text: str) -> str:
    """open_clip's `_clean_whitespace`: ftfy, HTML unescaping twice, white space collapsed."""
    # ftfy takes 90 ms to import and changes no printable ASCII, save HTML entities.
    if not (text.isascii() and text.isprintable()) or "&" in text:
        import ftfy

        text = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(text.split())


def _ids(cleaned: str) -> list[int]:
    pattern, _, _, _ = _tokenizer()
    return [number for word in pattern.findall(cleaned.lower()) for number in _word_ids(word)]


@functools.lru_cache(maxsize=2**14)
def _word_ids(word: str) -> tuple[int, ...]:
    """Descriptions share most of their words, so each is merged once."""
    _, bpe, special, _ = _tokenizer()
    if word in special:
        return (special[word],)
    spelled = word.encode().decode("latin-1").translate(_byte_spelling())
    return tuple(token.id for token in bpe.tokenize(spelled))


@functools.cache
def _tokenizer() -> tuple[Any, "BPE", dict[str, int], list[str]]:
    """The compiled pattern, the merges, the ids of the special tokens, and the other tokens in the order of
    their ids; loaded at the first count."""
    import regex
    from tokenizers.models import BPE

    merges = _read_merges()
    letters = list(_byte_spelling().values())
    words = [
        *letters,
        *(f"{letter}</w>" for letter in letters),
        *(first + second for first, second in merges),
    ]
    bpe = BPE(
        vocab={word: number for number, word in enumerate(words)}, merges=merges, end_of_word_suffix="</w>"
    )
    special = {token: len(words) + number for number, token in enumerate(SPECIAL_TOKENS)}
    return regex.compile(_PATTERN, regex.IGNORECASE), bpe, special, words


def _read_merges() -> list[tuple[str, str]]:
    """open_clip's merges, in order of their rank. Finding the package's place does not import it."""
    try:
        package = importlib.util.find_spec("open_clip")
    except ValueError:  # a stand-in module without a spec
        package = None
    if package is None or not package.submodule_search_locations:
        raise ConfigurationError(
            "open_clip is not installed, and CLIP's tokens are counted from its vocabulary",
            hint="pip install open_clip_torch",
        )
    path = Path(package.submodule_search_locations[0]) / _MERGES_FILE
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        # The first line is a version.
        merges = [(first, second) for first, second in map(str.split, lines[1 : _MERGES + 1])]
        if len(merges) < _MERGES:
            raise ValueError(f"{len(merges)} merges instead of {_MERGES}")
    except (OSError, EOFError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read as CLIP's vocabulary: {error}", hint="Reinstall open_clip_torch."
        ) from error
    return merges


@functools.cache
def _byte_spelling() -> dict[int, str]:
    """The printable letter that CLIP's vocabulary writes for each byte, in the order of its ids."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + number) for number, byte in enumerate(others)
    }
