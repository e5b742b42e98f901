"""The English words by which a parser tells talk, echoes and labels from descriptions, in any case."""

import re

# Heads that name no part of a face: "Feature 3: raised cheeks".
_LABELS = """
a answer characteristic characteristics cue cues description descriptions descriptor descriptors detail
details example expression expressions facial feature features indicator indicators item items key list lists
name output q question region response result results text useful value visual
"""
LABELS = frozenset(_LABELS.split())

# What questions about descriptions ask for, so that a heading or introduction repeats it.
_PROMPT_WORDS = """
associated characteristic characteristics common cue cues describe describes description descriptor
descriptors distinguish emotion emotions expression expressions face facial feature features following
identify include includes including indicate indicating key recognise recognize typical useful visual
"""
PROMPT_WORDS = frozenset(_PROMPT_WORDS.split())

# What a description is about: a text that names one is understood without its head.
_FACE_PARTS = """
brow brows cheek cheeks chin crow dimple dimples eye eyebrow eyebrows eyelid eyelids eyes face forehead frown
gaze glare grimace head jaw lid lids lip lips mouth nose nostril nostrils scowl skin smile smirk sneer stare
teeth tears tongue
"""
FACE_PARTS = frozenset(_FACE_PARTS.split())

# A last word after which more was to come.
_OPEN_ENDS = """
a an and are as at between by for from in into is its of on or than that the their to which while with your
"""
OPEN_ENDS = frozenset(_OPEN_ENDS.split())

# The writer speaks to the reader instead of describing: "Sure! Here are …", "I hope this helps".
TALK = re.compile(
    r"""
    (?:absolutely|certainly|great|of\ course|okay|ok|overall|sure)(?=[!,.:])
    |(?:as\ an\ ai|below\ (?:is|are)|do\ you|feel\ free|here(?:'s|\ is|\ are)|hope|i|i'd|i'll|i'm|i've|if\ you
      |in\ conclusion|in\ summary|it(?:'s|\ is)\ (?:important|worth)|keep\ in\ mind|let's|let\ me|let\ us
      |my\ apologies|note(?:\ that|:)|please|remember|sorry|thank\ you|thanks|the\ following
      |these\ (?:\w+\ ){0,2}(?:characteristics|cues|descriptors|features|signs)
      |to\ summari[sz]e|unfortunately|would\ you)(?![\w'-])
    """,
    re.IGNORECASE | re.VERBOSE,
)

# "Useful visual features of anger include …"
LEADS_TO_LIST = re.compile(
    r"\b(?:includes?|including|are|is|such as)(?: the following)?(?=[ ]+[^\W\d_])", re.IGNORECASE
)

# A clause that begins so says more about the one before it.
GOES_ON = re.compile(
    r"(?:as if|causing|creating|especially|giving|including|like|making|often|particularly|resulting"
    r"|sometimes|such as|that|usually|where|which|who|with)\b",
    re.IGNORECASE,
)


def is_talk(text: str) -> bool:
    """Whether `text` begins as talk does."""
    return TALK.match(text.lstrip("*_# ")) is not None


def is_label(head: str) -> bool:
    """Whether `head` only says what it is, as in "Feature 3: raised cheeks"."""
    return all(word.isdecimal() or word.casefold() in LABELS for word in head.replace("_", " ").split())


def names_face_part(text: str) -> bool:
    """Whether `text` has two words or more, and one of them says what part of a face it is about."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return len(words) > 1 and not FACE_PARTS.isdisjoint(words)
