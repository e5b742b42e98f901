"""The Facial Action Coding System as far as `dfer` uses it: which units make which emotion, how strongly.

Both the offline author `builtin/facs` (which puts the units into words) and the synthetic world (which draws
them) read this one table, so that a description and a drawn face mean the same thing.

The seven basic emotions and contempt follow the prototypes of EMFACS (Ekman & Friesen). Anxiety,
helplessness and disappointment have no agreed prototype; theirs are our own reading of MAFW's definitions
and are marked so. Intensities are fractions of the maximum, roughly A (0.2) to E (1.0) on the FACS scale.
"""

ACTION_UNITS: dict[int, str] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler (one side)",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    32: "lip bite",
    43: "eyes closing",
    61: "eyes turn left",
    64: "eyes down",
}

EMOTIONS: dict[str, dict[int, float]] = {
    "anger": {4: 1.0, 5: 0.5, 7: 0.8, 23: 0.7, 24: 0.8},
    "disgust": {4: 0.3, 9: 1.0, 10: 0.9, 17: 0.4},
    "fear": {1: 0.9, 2: 0.6, 4: 0.6, 5: 1.0, 20: 0.9, 25: 0.5},
    "happiness": {6: 0.9, 12: 1.0, 25: 0.6},
    "neutral": {},
    "sadness": {1: 0.9, 4: 0.4, 15: 0.9, 17: 0.5, 43: 0.3},
    "surprise": {1: 0.9, 2: 1.0, 5: 0.8, 25: 0.9, 26: 1.0},
    "contempt": {12: 0.2, 14: 0.9, 43: 0.25},
    # No agreed prototype: our reading.
    "anxiety": {1: 0.5, 4: 0.8, 7: 0.6, 32: 0.9, 61: 0.8},
    "helplessness": {1: 1.0, 2: 0.3, 15: 0.3, 25: 0.7, 26: 0.35, 43: 0.4},
    "disappointment": {4: 0.3, 15: 0.7, 24: 0.5, 43: 0.4, 64: 1.0},
}


def compound(emotions: list[str]) -> dict[int, float]:
    """The action units of several emotions at once: each unit at its strongest, in order of its number."""
    units: dict[int, float] = {}
    for emotion in emotions:
        for unit, intensity in EMOTIONS[emotion].items():
            units[unit] = max(intensity, units.get(unit, 0.0))
    return dict(sorted(units.items()))
