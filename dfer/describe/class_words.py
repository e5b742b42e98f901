"""Whether a text names its class: then CLIP may recognise the name, whatever the description says."""

import re
from collections.abc import Iterator

from dfer.class_sets import EmotionClass

# English makes words of an emotion's name: happiness, happy, happily; anger, angry; surprise, surprised.
_NAME_ENDING = re.compile(r"(?:iness|ety|er|e)$|(?P<noun>ness|ment)$")
_WORD_ENDING = (
    "(?:s|d|ed|edly|es|ing|ingly|y|ily|ier|ful|fully|ly|ous|ously|uous|uously|e|er|ered|ry|rily|dened"
    "|iness|ness|ment|ety)"
)


def class_words_in(text: str, emotion: EmotionClass) -> Iterator[tuple[str, str]]:
    """Each name of the class (own, displayed, of its components) in the text, and the word found there."""
    for name in sorted({emotion.name, emotion.display, *emotion.components}):
        if found := re.search(rf"\b(?:{_forms(name)})\b", text, re.IGNORECASE):
            yield name, found[0]


def _forms(name: str) -> str:
    """A pattern of the name and of the words that English makes of it."""
    forms = [re.escape(name)]
    ending = _NAME_ENDING.search(name)
    stem = re.escape(name[: ending.start()] if ending else name)
    forms.append(f"{stem}{_WORD_ENDING}")
    if ending and ending["noun"]:
        forms.append(stem)  # sadness, sad
    return "|".join(forms)
