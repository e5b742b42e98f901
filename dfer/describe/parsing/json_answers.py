"""JSON in an answer: an array of strings, an object with one, pairs of a head and its text; also cut off."""

import json
import re
from typing import Any

from dfer.describe.parsing.english import is_label
from dfer.describe.parsing.markers import has_letter

_START = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_CUT = re.compile(r"[ \t]*[\[{][ \t\n]*[\[{\"]")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?![ \t]*:)')
_ATTEMPTS = 20  # an answer is no place to search for JSON in
# Last words of keys whose single value describes the answer, not the face: {"emotion": "anger", …}.
_ABOUT_THE_ANSWER = (
    "category",
    "class",
    "emotion",
    "expression",
    "id",
    "label",
    "number",
    "question",
    "rank",
)


def read_json(text: str) -> tuple[list[str], str, bool] | None:
    """The items in the JSON of `text`, the text around it, and whether it was cut off; None without JSON.

    A key becomes the head of what it holds: {"mouth": ["open"]} gives "mouth: open".
    """
    decoder = json.JSONDecoder(strict=False)
    found: list[str] = []
    around: list[str] = []
    end = 0
    for start in [match.end() for match in _START.finditer(text)][:_ATTEMPTS]:
        if start < end:
            continue
        try:
            value, after = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if texts := [text for text in _texts(value, "") if has_letter(text)]:
            found += texts
            around.append(text[end:start])
            end = after
    if found:
        return found, "\n".join([*around, text[end:]]), False
    return _read_cut(text)


def _read_cut(text: str) -> tuple[list[str], str, bool] | None:
    """The whole strings of JSON that never ends."""
    for start in [match.start() for match in _START.finditer(text)][:_ATTEMPTS]:
        if _CUT.match(text, start):
            strings = [match[1].replace('\\"', '"') for match in _STRING.finditer(text, start)]
            if texts := [string for string in strings if has_letter(string)]:
                return texts, text[:start], True
    return None


def _texts(value: Any, head: str) -> list[str]:
    if isinstance(value, str):
        return [f"{head}: {value}" if head else value]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part, head)]
    if not isinstance(value, dict):
        return []
    kept = {key: part for key, part in value.items() if not _is_about_the_answer(key, part)}
    if all(is_label(key) for key in kept) and all(isinstance(part, str) for part in kept.values()):
        return [": ".join(kept.values())] if kept else []  # {"feature": "Brows", "description": "lowered"}
    return [
        text for key, part in kept.items() for text in _texts(part, head if is_label(key) else _words(key))
    ]


def _is_about_the_answer(key: str, value: Any) -> bool:
    return isinstance(value, str | int | float) and _words(key).casefold().endswith(_ABOUT_THE_ANSWER)


def _words(key: str) -> str:
    return key.replace("_", " ").strip()
