"""The characters around an LLM's words: taken out or made plain, without ever adding a word.

Small functions on one text or one item. Every pattern takes linear time, since an answer may be anything.
"""

import functools
import html
import re
from typing import Any

from dfer.describe.parsing.english import is_label, names_face_part

_TERMINAL_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_LINE_END = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_THINK = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
# Python refuses to read an entity of thousands of digits as a number; no character has more than seven.
_IMPOSSIBLE_ENTITY = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_ESCAPED_AMPERSAND = re.compile(r"&(?:(?:amp|#38|#x26);)+", re.IGNORECASE)
_LIST_TAG = re.compile(r"<li>", re.IGNORECASE)
_TAG = re.compile(r"<(?:br ?/?|/?(?:b|i|u|p|em|ul|ol|strong|span|sup|sub)|/li)>", re.IGNORECASE)
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")
_ASCII = str.maketrans(
    dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛´", "'") | dict.fromkeys("\u2010\u2011", "-")
)
_BLANK = re.compile(r"[^\S\n]")

# A pictograph is a bullet only at the start of a line; anywhere else it is an emoji.
_BULLET_SIGNS = "•·‣⁃∙●○◦◉▪▫■□◆◇▸▹►▻▶➤➔→⇒✓✔✅☑✦★☆🔹🔸🔺🔷👉➡"
_LEADING_SIGNS = re.compile(rf"^([ \t]*)[{_BULLET_SIGNS}][{_BULLET_SIGNS}\ufe0f]*[ \t]*", re.MULTILINE)
_BULLET = re.compile(r"[-–—−*+][ \t]+|[-–—−](?=[^\W\d_])")
_NUMBER = re.compile(r"\(?([0-9]{1,3})(?:[.)]\)?|:)(?![0-9])[ \t]*")
_LETTER = re.compile(r"\(?[A-Za-z]\)[ \t]+|[A-Za-z]\.[ \t]+")
_MARKERS = re.compile(rf"(?:{_BULLET.pattern}|{_NUMBER.pattern}|{_LETTER.pattern})+")
_BOLD_NUMBER = re.compile(rf"(\*\*|__)(?={_NUMBER.pattern})")
_BOLD_ONLY = re.compile(r"(\*\*|__)[^*_]+(?:\1:?|:\1)")

_MARKDOWN_ESCAPE = re.compile(r"\\(?=[-\\`*_{}\[\]()#+.!|~>])")
_EMPHASIS_IN_WORD = re.compile(r"(?<=[^\W_])(?:\*+|`+|~~+|__+)(?=[^\W_])")
_EMPHASIS = re.compile(r"\*+|`+|~~+|(?<![^\W_])_+|_+(?![^\W_])")
_HEAD = re.compile(r"([^:]{1,80}?)(?:[ ]*:[ ]*(?![\d/])|[ ]+(?:[–—]|--?)[ ]+)(?=\S)")
_EDGES = " ,;:.…!?-–—−|/\\#>=~^" + _BULLET_SIGNS
# Behind the words ">" belongs to a tag, or to one of CLIP's special tokens, which must be recognised as such.
_RIGHT_EDGES = _EDGES.replace(">", "")
_ANDS = re.compile(r"^(?:(?:and|or|&)(?:[ ]+|$))+|[,;][ ]*(?:and|or|&)$", re.IGNORECASE)
_PAIRS = {"[": "]", "{": "}", "(": ")"}
_LONGEST_COLON_HEAD, _LONGEST_DASH_HEAD = 4, 3  # in words; a longer one is a phrase of its own


def without_thinking(text: str) -> tuple[str, bool]:
    """`text` without `<think>…</think>`, and whether a block was left open, so that all after it was thought.

    A closing tag alone ends thinking that began before the text: some servers swallow the opening one.
    """
    kept: list[str] = []
    start, thinking = 0, False
    for tag in _THINK.finditer(text):
        if not thinking:
            kept.append(text[start : tag.start()])
        if tag[0].startswith("</"):
            if not thinking:
                kept.clear()
            thinking = False
        else:
            thinking = True
        start = tag.end()
    if not thinking:
        kept.append(text[start:])
    return "\n".join(kept), thinking


def plain_characters(text: str) -> str:
    """Without terminal escapes, control, zero-width and direction characters; `\\n` is the only line end."""
    text = _LINE_END.sub("\n", _TERMINAL_ESCAPE.sub("", text))
    return str(_unicode_patterns()[0].sub("", text))


def plain_text(text: str) -> str:
    """ASCII quotes and hyphens, `- ` for every bullet sign, spaces for other blanks; no HTML, no emoji."""
    text = _ESCAPED_AMPERSAND.sub("&", _IMPOSSIBLE_ENTITY.sub("", text))
    text = plain_characters(html.unescape(html.unescape(text)))
    text = _TAG.sub(" ", _LIST_TAG.sub("\n- ", text))
    text = _LEADING_SIGNS.sub(r"\1- ", _KEYCAP.sub(r"\1. ", text))
    text = _unicode_patterns()[1].sub(r"\1", text)  # at a line's start nothing is left, to keep the indent
    text = _unicode_patterns()[2].sub(" ", text)
    return _BLANK.sub(" ", text.expandtabs(4)).translate(_ASCII)


@functools.cache
def _unicode_patterns() -> tuple[Any, Any, Any]:
    """What only `regex` can say: invisible characters, emoji that start a line, emoji."""
    import regex

    invisible = r"(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]"
    emoji = r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\ufe0e\ufe0f\u20e3]+"
    return regex.compile(invisible), regex.compile(rf"(?m)^([ \t]*){emoji}[ \t]*"), regex.compile(emoji)


def split_marker(text: str) -> tuple[str, int | None] | None:
    """What follows the bullet, number or letter at the start of `text`, with the number; None without one.

    Only the marker goes: "2 vertical lines" has none, and "1. 2 vertical lines" keeps its 2.
    """
    if bold := _BOLD_NUMBER.match(text):  # "**1. Eyebrows**: lowered"
        number = _NUMBER.match(text, bold.end())
        assert number is not None, "the pattern looked ahead for it"
        return bold[0] + text[number.end() :], int(number[1])
    if number := _NUMBER.match(text):
        return text[number.end() :], int(number[1])
    if marker := _BULLET.match(text) or _LETTER.match(text):
        return text[marker.end() :], None
    return None


def is_bold(text: str) -> bool:
    """Whether all of `text` is bold, as a head without words of its own is."""
    return _BOLD_ONLY.fullmatch(text) is not None


def one_line(text: str) -> str:
    return " ".join(text.split())


def word_count(text: str) -> int:
    return len(text.split())


def split_head(text: str) -> tuple[str, str] | None:
    """("Eyebrows", "lowered") of "Eyebrows: lowered" or "Eyebrows – lowered"; None without a short head."""
    if not (match := _HEAD.match(text)):
        return None
    longest = _LONGEST_COLON_HEAD if ":" in match[0] else _LONGEST_DASH_HEAD
    head, rest = match[1].strip(), text[match.end() :]
    return (head, rest) if has_letter(head) and word_count(head) <= longest else None


def has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def tidy(text: str) -> str:
    """One descriptor from the text of one item: the words, without what marked, emphasised or ended them.

    A head goes when its text can stand alone. The same again on the result changes nothing.
    """
    for _ in range(12):  # each step may uncover another one's work: "- **"lowered"**,"
        before = text
        text = text[marked.end() :] if (marked := _MARKERS.match(text)) else text
        text = _EMPHASIS.sub("", _EMPHASIS_IN_WORD.sub(" ", _MARKDOWN_ESCAPE.sub("", text)))
        text = _ANDS.sub("", " ".join(text.split()).lstrip(_EDGES).rstrip(_RIGHT_EDGES))
        text = _without_head(_unwrapped(text))
        if text == before:
            break
    return _lower_start(text)


def _without_head(text: str) -> str:
    if not (split := split_head(text)):
        return text
    head, rest = split
    # "Eyebrows: lowered and drawn together" says nothing without its head; "Eyes: narrowed eyes" does.
    if names_face_part(rest) or is_label(head):
        return rest
    return f"{head} {_lower_start(rest)}"


def _unwrapped(text: str) -> str:
    """Without quotes around the whole, and without a quote or bracket that has lost its partner."""
    for opening, closing in _PAIRS.items():
        if text.startswith(opening) and (closing not in text or (opening != "(" and text.endswith(closing))):
            text = text[1:]
        if text.endswith(closing) and opening not in text:
            text = text[:-1]
    for quote in "\"'":
        inner = text.strip(quote).strip()
        if len(text) > 1 and text[0] == text[-1] == quote and not _quotes_in(inner, quote):
            text = inner
        elif text.startswith(quote) != text.endswith(quote) and _quotes_in(text, quote) == 1:
            text = text.strip(quote)
    return text.strip()


def _quotes_in(text: str, quote: str) -> int:
    """An apostrophe inside or after a word is no quote: crow's feet, the lips' corners."""
    return len(re.findall(r"(?<!\w)'" if quote == "'" else quote, text))


def _lower_start(text: str) -> str:
    """Lower case where a capital only starts the item: not in AU4, V-shaped, I. Title Case goes whole."""
    words = text.split(" ")
    if not _is_capitalised(words[0]):
        return text
    weighty = [word for word in words[1:] if len(word) > 3]
    if weighty and all(map(_is_capitalised, weighty)):
        return " ".join(word.lower() if _is_capitalised(word) else word for word in words)
    return " ".join([words[0].lower(), *words[1:]])


def _is_capitalised(word: str) -> bool:
    return word == "A" or (word[:1].isupper() and word[1:].islower() and word[1:2].isalpha())
