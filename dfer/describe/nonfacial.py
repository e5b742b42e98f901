"""Descriptors of what a face crop does not show: both papers took such out of the LLM's answers by hand."""

import re

# Whole words, or their beginnings where a * stands. What a face crop does show is not here: tears, sweat,
# blushing, head and neck.
_SIGNS = {
    "body": "shoulder* arm arms hand hands fist fists finger* posture* stance body bodily gestur* torso* "
    "chest hunch* slouch* leg legs foot feet hip hips stomach knee* limb* gait pacing fidget*",
    "voice": "voice* vocal* speech speak* scream* shout* yell* sob sobs sobbing sigh* laugh* giggl* whimper* "
    "gasp* groan* sound* loud* breath* crying talk* silen* tone tones",
    "context": "situation* context environment* background* scene scenes atmosphere surround* event events "
    "circumstance* cloth* setting",
    "inner state": "feel* emotion* mood* thought* heart* urge* desire* aura energy attitude* demeanor "
    "demeanour",
}
_PATTERNS = {
    what: re.compile(r"\b(?:" + words.replace("*", r"\w*").replace(" ", "|") + r")\b", re.IGNORECASE)
    for what, words in _SIGNS.items()
}
# The same words about the face.
_OF_THE_FACE = re.compile(
    r"\b(?:muscle|skin) tones?\b|\bwithout a sound\b|\bfacial feelings?\b", re.IGNORECASE
)


def nonfacial_reason(descriptor: str) -> str | None:
    """Why a face crop would not show this ("body: 'shoulders'"), or None. A word list: people decide."""
    text = _OF_THE_FACE.sub(" ", descriptor)
    for what, pattern in _PATTERNS.items():
        if found := pattern.search(text):
            return f"{what}: {found[0]!r}"
    return None
