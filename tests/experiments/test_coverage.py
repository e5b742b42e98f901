"""Whole experiments in a small world of action units, again and again: are the intervals what they say?

People show an emotion by its action units, each on both halves of the face, in their own way. A recogniser
is trained on four folds of people and tested on the fifth, with several seeds, as in a real experiment; its
words name the units that it may look at. No pixels are drawn, so that hundreds of experiments take seconds.
"""

from collections.abc import Callable

import numpy as np
import pytest

from dfer.action_units import ACTION_UNITS, EMOTIONS
from dfer.experiments.paired_difference import paired_difference
from dfer.experiments.pairing import PairedFold

NAMES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
UNITS = list(ACTION_UNITS)
FOLDS, SEEDS, PEOPLE, CLIPS = 5, 2, 25, 350
EXPERIMENTS = 200

FACES = np.array([[EMOTIONS[name].get(unit, 0.0) for unit in UNITS] for name in NAMES])
LEFT = np.hstack([FACES, np.zeros_like(FACES)])  # (classes, units of both halves)
RIGHT = np.hstack([np.zeros_like(FACES), FACES])

Words = np.ndarray
"""(classes, units of both halves): what each class's words name."""


def experiment(words_a: Words, words_b: Words, rng: np.random.Generator) -> list[PairedFold]:
    habits = rng.normal(0, 0.35, (PEOPLE, 2 * len(UNITS)))
    person = rng.integers(0, PEOPLE, CLIPS)
    labels = rng.permutation(np.arange(CLIPS) % len(NAMES))
    strength = rng.uniform(0.3, 1.0, (CLIPS, 1))
    shown = np.hstack([FACES, FACES])[labels] * strength + habits[person]
    shown += rng.normal(0, 0.45, shown.shape)
    fold_of = person % FOLDS
    folds = []
    for fold in range(FOLDS):
        test = fold_of == fold
        taken = [
            np.array([trained(shown, labels, ~test, words, rng)[test] for _ in range(SEEDS)])
            for words in (words_a, words_b)
        ]
        folds.append(
            PairedFold(
                fold=fold,
                seeds=tuple(range(SEEDS)),
                classes=NAMES,
                clips=tuple(map(str, np.flatnonzero(test))),
                labels=labels[test],
                taken_a=taken[0],
                taken_b=taken[1],
            )
        )
    return folds


def trained(
    shown: np.ndarray, labels: np.ndarray, train: np.ndarray, words: Words, rng: np.random.Generator
) -> np.ndarray:
    """(clips,): classes, after the weights of the named units were fitted to some of the training clips."""
    own = rng.choice(np.flatnonzero(train), 60)
    weights = words + rng.normal(0, 0.05, words.shape)
    evidence = shown @ weights.T  # (clips, classes)
    targets = np.eye(len(NAMES))[labels[own]]
    features = np.hstack([evidence[own], np.ones((len(own), 1))])
    fitted = np.linalg.solve(features.T @ features + np.eye(features.shape[1]), features.T @ targets)
    return (np.hstack([evidence, np.ones((len(evidence), 1))]) @ fitted).argmax(axis=1)


def many(words: Callable[[], tuple[Words, Words]], number: int, seed: int) -> list[list[PairedFold]]:
    rng = np.random.default_rng(seed)
    return [experiment(*words(), rng) for _ in range(number)]


def gain(folds: list[PairedFold]) -> float:
    return float(np.mean([fold.uar_sample().figure for fold in folds]))


@pytest.mark.slow
def test_intervals_cover_an_effect_that_is_there_at_their_nominal_rate() -> None:
    """One set names the units of each emotion, the other as many units at random for three of them."""
    mixed = LEFT.copy()
    mixed[:3] = LEFT[:3, np.random.default_rng(3).permutation(LEFT.shape[1])]
    truth = np.mean([gain(folds) for folds in many(lambda: (LEFT, mixed), 500, seed=0)])
    assert truth > 0.01, "the built-in effect"
    found = [
        paired_difference(folds, trained=True) for folds in many(lambda: (LEFT, mixed), EXPERIMENTS, seed=1)
    ]
    covered = np.mean([f.uar.interval[0] <= truth <= f.uar.interval[1] for f in found])
    print(f"truth {truth:.4f}, covered {covered:.3f}")
    assert 0.90 <= covered <= 0.98


@pytest.mark.slow
def test_false_alarms_are_rare_where_words_differ_but_are_worth_the_same() -> None:
    """One set describes the left half of the face, the other the right: other clips are right, as many."""
    found = [
        paired_difference(folds, trained=True) for folds in many(lambda: (LEFT, RIGHT), EXPERIMENTS, seed=2)
    ]
    without_zero = np.mean([not f.uar.interval[0] <= 0 <= f.uar.interval[1] for f in found])
    claimed = np.mean([f.is_shown(f.p) for f in found])
    print(f"intervals without zero {without_zero:.3f}, differences claimed {claimed:.3f}")
    assert without_zero <= 0.07
    assert claimed <= 0.07


RARE = (0.30, 0.25, 0.20, 0.10, 0.08, 0.05, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folds", "seeds", "fold_effect"),
    [(3, 3, 0.6), (5, 1, 0.2)],
    ids=["three folds that differ", "five folds without training"],
)
def test_false_alarms_are_rare_in_lopsided_designs_too(folds: int, seeds: int, fold_effect: float) -> None:
    """Classes of 2 to 30 %, folds that favour one set or the other by chance; no difference on average."""
    rng = np.random.default_rng(5)
    found = [
        paired_difference(lopsided(folds, seeds, fold_effect, rng), trained=seeds > 1)
        for _ in range(EXPERIMENTS // 2)
    ]
    claimed = np.mean([f.is_shown(f.p) for f in found])
    print(f"differences claimed {claimed:.3f}")
    assert claimed <= 0.08


def lopsided(folds: int, seeds: int, fold_effect: float, rng: np.random.Generator) -> list[PairedFold]:
    made = []
    for fold in range(folds):
        labels = rng.choice(len(NAMES), 150, p=RARE)
        easy = rng.normal(0.3, 1, 150)
        taken = []
        for _ in range(2):
            own = easy + rng.normal(0, 0.5, 150) + rng.normal(0, fold_effect, len(NAMES))[labels]
            noise = rng.normal(0, 0.15, (seeds, len(NAMES)))[:, labels] * (seeds > 1)
            taken.append(np.where(own + noise > 0, labels, (labels + 1) % len(NAMES)))
        made.append(
            PairedFold(
                fold=fold,
                seeds=tuple(range(seeds)),
                classes=NAMES,
                clips=tuple(f"{fold}-{clip}" for clip in range(150)),
                labels=labels,
                taken_a=taken[0],
                taken_b=taken[1],
            )
        )
    return made
