"""How many clips the data sets have, as their papers and lists say. Counts only; no list is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """`classes` are clips by (fold, split) and class, `splits` clips by (fold, split)."""

    source: str
    clips: int
    splits: Mapping[tuple[int, str], int] = field(default_factory=dict)
    classes: Mapping[tuple[int, str], Mapping[str, int]] = field(default_factory=dict)
    known_others: Mapping[int, str] = field(default_factory=dict)
    """Other totals that are met, and what they come from."""


PUBLISHED: Mapping[str, Published] = {
    "dfew": Published(
        source="DFEW's single-labelled clips, its lists set_1",
        clips=11_697,
        splits={(1, "train"): 9_356, (1, "test"): 2_341},
        classes={
            (1, "test"): {
                "happiness": 489,
                "sadness": 379,
                "neutral": 534,
                "anger": 435,
                "surprise": 294,
                "disgust": 29,
                "fear": 181,
            }
        },
    ),
    "ferv39k": Published(
        source="FERV39k's lists train_All and test_All",
        clips=38_935,
        splits={(1, "train"): 31_088, (1, "test"): 7_847},
        classes={
            (1, "train"): {
                "happiness": 5_854,
                "sadness": 5_523,
                "neutral": 7_790,
                "anger": 5_906,
                "surprise": 2_502,
                "disgust": 1_833,
                "fear": 1_680,
            },
            (1, "test"): {
                "happiness": 1_473,
                "sadness": 1_393,
                "neutral": 1_958,
                "anger": 1_487,
                "surprise": 638,
                "disgust": 467,
                "fear": 431,
            },
        },
    ),
    "mafw": Published(
        source="MAFW's single-label lists without captions",
        clips=9_172,
        splits={(1, "train"): 7_333, (1, "test"): 1_839},
        known_others={8_034: "the lists with captions, which leave out the neutral clips"},
    ),
    "mafw-compound": Published(source="MAFW's compound-label lists", clips=8_996),
    "afew": Published(
        source="AFEW's training and validation sets",
        clips=773 + 381,
        splits={(1, "train"): 773, (1, "test"): 381},
    ),
}
