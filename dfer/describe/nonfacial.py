"""Descriptors of what a face crop does not show: both papers took such out of the LLM's answers by hand."""

import re

# Whole words, or their beginnings where a * stands. What a face crop does show is not here: tears, sweat,
# blushing, head and neck.
_SIGNS = {
    "body": "shoulder* arm arms hand hands fist fists finger* posture* stance body bodily gestur* torso* "
    "chest hunch* slouch* leg legs foot feet hip hips stomach knee* limb* gait pacing fidget*",
    "voice": "voice* vocal* speech speak speaks speaking scream* shout* yell yells yelling sob sobs sobbing "
    "sigh sighs sighing sighed laugh laughs laughing laughter giggl* whimper* gasp* groan* sound sounds "
    "sounding loud louder loudly breath* crying talk talks talking talkative silent silence",
    "context": "situation* context environment* background* scene scenes atmosphere surroundings event "
    "events circumstance* clothes clothing setting",
    "inner state": "feel feels feeling feelings mood moods thought thoughts urge urges desire* aura energy "
    "attitude* demeanor demeanour heartbeat*",
}
_PATTERNS = {
    what: re.compile(r"\b(?:" + words.replace("*", r"\w*").replace(" ", "|") + r")\b", re.IGNORECASE)
    for what, words in _SIGNS.items()
}
# The same words about the face: crow's feet and laughter lines are what raised cheeks look like.
_OF_THE_FACE = re.compile(
    r"\bcrow(?:['’]s|s['’]?)?[ -]feet\b|\b(?:laugh|laughing|laughter)[ -](?:lines?|wrinkles?|creases?)\b"
    r"|\bfacial feelings?\b|\bhand[ -]?like\b",
    re.IGNORECASE,
)


def nonfacial_reason(descriptor: str) -> str | None:
    """Why a face crop would not show this ("body: 'shoulders'"), or None. A word list: people decide."""
    text = _OF_THE_FACE.sub(" ", descriptor)
    for what, pattern in _PATTERNS.items():
        if found := pattern.search(text):
            return f"{what}: {found[0]!r}"
    return None
