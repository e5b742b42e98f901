"""Control sets: description sets made without an LLM, to test whether the wording of another set matters.

`names` and `template` say only the class; the others are matched to their parent in number of descriptors and
in CLIP tokens, so that only the meaning of the words differs (WaffleCLIP found that random words can do as
well as an LLM's). `shared` says the class and words that all classes share, so it stands beside `names`; it
is matched in number of descriptors, and in tokens only as nearly as whole descriptors allow.
"""

import random
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Literal, get_args

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.records import COMMA_LIST, DescriptionSet, Provenance
from description_store.sets import save_set
from dfer import __version__
from dfer.class_sets import ClassSet
from dfer.describe.children import own_words
from dfer.describe.clip_tokens import count_tokens, token_budget
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.nearness import near_key
from dfer.describe.rendering import render
from dfer.describe.same_to_clip import seen_by_clip
from dfer.errors import ContentError, UsageError

ControlKind = Literal["names", "template", "scrambled", "swapped", "random", "shared"]
CONTROL_KINDS: tuple[ControlKind, ...] = get_args(ControlKind)

# These take no word from the parent: they are the same for every set.
_OF_THE_CLASSES = ("names", "template")
_DRAWS = 256
# A draw that leaves some class as it is to CLIP is drawn again.
_TRIES = 20

Words = dict[str, tuple[str, ...]]


def control_set(
    parent: DescriptionSet, class_set: ClassSet, *, kind: ControlKind, seed: int
) -> DescriptionSet:
    """An unsaved control of `parent`. The same parent, kind and seed give the same words.

    It is rendered as its parent is, except for names and templates. Compound emotions that take their words
    from their parts go on doing so.

    Raises:
        UsageError: there is no such kind.
        ContentError: a class would keep its text, so that the set would be no control; or a text that says
            the class's name and shared words does not fit the budget.
    """
    if kind not in CONTROL_KINDS:
        raise UsageError(f"unknown control kind {kind!r}", hint=f"one of {', '.join(CONTROL_KINDS)}")
    of_parent = kind not in _OF_THE_CLASSES
    rendering = parent.rendering if of_parent else COMMA_LIST
    # The seed is mixed with the kind, so that two controls of one seed do not share their draws.
    rng = random.Random(f"{kind}:{seed}")
    for _ in range(_TRIES):
        descriptions = compile_descriptions(
            class_set,
            _words(parent, class_set, kind, rng),
            rendering=rendering,
            context_tokens=parent.context_tokens,
        )
        same = [
            d.class_name
            for d in descriptions
            if seen_by_clip(d.text) == seen_by_clip(parent.texts[d.class_name])
        ]
        if not same or not of_parent:
            break
    else:
        raise ContentError(
            f"a {kind} control of {parent.name} would leave the text of {', '.join(same)} as it is",
            hint="try another seed, or a parent with more words",
        )
    return DescriptionSet(
        class_set=parent.class_set,
        class_set_hash=parent.class_set_hash,
        # That a control names its class, or says the same of several, is its purpose.
        descriptions=tuple(d.model_copy(update={"warnings": ()}) for d in descriptions),
        provenance=Provenance(
            kind="control",
            control=kind,
            seed=seed if of_parent else None,
            parent_hash=parent.hash if of_parent else None,
        ),
        rendering=rendering,
        context_tokens=parent.context_tokens,
        dfer_version=__version__,
    )


def _words(
    parent: DescriptionSet, class_set: ClassSet, kind: ControlKind, rng: random.Random
) -> dict[str, ClassWords]:
    if kind in _OF_THE_CLASSES:
        said = "{}" if kind == "names" else "an expression of {}"
        words: Words = {emotion.name: (said.format(emotion.display),) for emotion in class_set.classes}
    else:
        own = {name: words.descriptors for name, words in own_words(parent, class_set).items()}
        words = _MAKERS[kind](parent, class_set, own, rng)
    return {name: ClassWords(descriptors=descriptors) for name, descriptors in words.items()}


def save_control(
    db: Database, parent: DescriptionSet, class_set: ClassSet, *, kind: ControlKind, seed: int, note: str
) -> tuple[DescriptionSet, bool]:
    """The saved control and whether it was created now. Raises as `control_set`."""
    unsaved = control_set(parent, class_set, kind=kind, seed=seed)
    saved, created = save_set(db, unsaved.model_copy(update={"note": note}))
    if note and not created:
        add_note(db, saved.version, note)
    return saved, created


def _scrambled(parent: DescriptionSet, class_set: ClassSet, own: Words, rng: random.Random) -> Words:
    """Each class keeps its words, in a random order; each descriptor keeps its number of words."""
    scrambled = {}
    for name, descriptors in own.items():
        words = " ".join(descriptors).split()
        rng.shuffle(words)
        left = iter(words)
        scrambled[name] = tuple(" ".join(next(left) for _ in d.split()) for d in descriptors)
    return scrambled


def _swapped(parent: DescriptionSet, class_set: ClassSet, own: Words, rng: random.Random) -> Words:
    """Descriptions move to other classes; none stays with its own."""
    names = list(own)
    sources = list(names)
    while any(name == source for name, source in zip(names, sources, strict=True)):
        rng.shuffle(sources)
    return {name: own[source] for name, source in zip(names, sources, strict=True)}


def _random(parent: DescriptionSet, class_set: ClassSet, own: Words, rng: random.Random) -> Words:
    """As many descriptors of as many tokens, from plain nouns that name nothing in a face.

    What several classes say becomes the same nouns in each, so that they overlap as much as before. Every
    word on the list is one CLIP token; a descriptor's punctuation counts as tokens and is replaced too.
    """
    lengths = {text: count_tokens(text) for descriptors in own.values() for text in descriptors}
    said = {word.strip(",.;").casefold() for text in lengths for word in text.split()}
    pool = [word for word in random_words() if word not in said]
    needed = sum(lengths.values())
    draws = iter([word for _ in range(needed // len(pool) + 1) for word in rng.sample(pool, len(pool))])
    nouns = {text: " ".join(next(draws) for _ in range(length)) for text, length in lengths.items()}
    return {name: tuple(nouns[text] for text in descriptors) for name, descriptors in own.items()}


def _shared(parent: DescriptionSet, class_set: ClassSet, own: Words, rng: random.Random) -> Words:
    """Every class says its name and then the same descriptors, drawn from all of the parent's.

    The name takes the place of one descriptor, unless the rendering says it already. Of many draws the one
    whose texts are nearest to the parent's in tokens.
    """
    named = "{class}" in parent.rendering.prefix + parent.rendering.suffix
    if not named and (short := [name for name, texts in own.items() if len(texts) < 2]):
        raise ContentError(
            f"{', '.join(short)}: with a single descriptor the class name would be all that is said",
            hint="--kind names says just the names; or take a parent with more descriptors",
        )
    pool = list({near_key(text): text for descriptors in own.values() for text in descriptors}.values())
    longest = min(len(pool), max(map(len, own.values())))
    budget = token_budget(parent.context_tokens)
    display = {emotion.name: emotion.display for emotion in class_set.classes}

    def words(drawn: list[str]) -> Words:
        if named:
            return {name: tuple(drawn[: len(texts)]) for name, texts in own.items()}
        return {name: (display[name], *drawn[: len(texts) - 1]) for name, texts in own.items()}

    def distance(of_classes: Words) -> tuple[int, int]:
        over = off = 0
        for name, descriptors in of_classes.items():
            text = render(descriptors, display=display[name], rendering=parent.rendering)
            over += sum(max(0, count_tokens(line) - budget) for line in text.split("\n"))
            off += abs(sum(map(count_tokens, descriptors)) - sum(map(count_tokens, own[name])))
        return over, off

    return min((words(rng.sample(pool, longest)) for _ in range(_DRAWS)), key=distance)


_Maker = Callable[[DescriptionSet, ClassSet, Words, random.Random], Words]
_MAKERS: dict[ControlKind, _Maker] = {
    "scrambled": _scrambled,
    "swapped": _swapped,
    "random": _random,
    "shared": _shared,
}


@cache
def random_words() -> tuple[str, ...]:
    text = (resources.files("dfer.describe") / "random_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
