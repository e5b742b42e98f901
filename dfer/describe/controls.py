"""Control sets: description sets made without an LLM, to test whether the wording of another set matters.

`names` and `template` say only the class; `scrambled`, `swapped` and `random` are matched to their parent in
number of descriptors and in CLIP tokens, so that only the meaning of the words differs (WaffleCLIP found that
random words can do as well as an LLM's).
"""

import random
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Literal, get_args

from sqlite_utils import Database

from description_store.records import Description, DescriptionSet, Provenance
from description_store.sets import save_set
from dfer import __version__
from dfer.describe.clip_tokens import count_tokens
from dfer.describe.rendering import join
from dfer.errors import ContentError, UsageError

ControlKind = Literal["names", "template", "scrambled", "swapped", "random"]
CONTROL_KINDS: tuple[ControlKind, ...] = get_args(ControlKind)

_NEEDS_SEED = ("scrambled", "swapped", "random")


def control_set(
    parent: DescriptionSet, *, kind: ControlKind, seed: int, display_names: dict[str, str]
) -> DescriptionSet:
    """An unsaved control of `parent`. The same parent, kind and seed give the same words.

    Raises:
        UsageError: there is no such kind.
        ContentError: a class would keep its text, so that the set would be no control.
    """
    if kind not in CONTROL_KINDS:
        raise UsageError(f"unknown control kind {kind!r}", hint=f"one of {', '.join(CONTROL_KINDS)}")
    # The seed is mixed with the kind, so that two controls of one seed do not share their draws.
    rng = random.Random(f"{kind}:{seed}")
    descriptors = _MAKERS[kind](parent, rng, display_names)
    descriptions = tuple(
        Description(class_name=name, descriptors=words, text=join(words), tokens=count_tokens(join(words)))
        for name, words in zip(parent.class_names, descriptors, strict=True)
    )
    same = [d.class_name for d in descriptions if d.text == parent.texts[d.class_name]]
    if same and kind in _NEEDS_SEED:
        raise ContentError(
            f"a {kind} control of {parent.name} would leave the text of {', '.join(same)} as it is",
            hint="try another seed, or a parent with more words",
        )
    return DescriptionSet(
        class_set=parent.class_set,
        class_set_hash=parent.class_set_hash,
        descriptions=descriptions,
        provenance=Provenance(
            kind="control",
            control=kind,
            seed=seed if kind in _NEEDS_SEED else None,
            # Names and template take no word from the parent: they are the same for every set.
            parent_hash=parent.hash if kind in _NEEDS_SEED else None,
        ),
        context_tokens=parent.context_tokens,
        dfer_version=__version__,
    )


def save_control(
    db: Database,
    parent: DescriptionSet,
    *,
    kind: ControlKind,
    seed: int,
    display_names: dict[str, str],
    note: str,
) -> tuple[DescriptionSet, bool]:
    unsaved = control_set(parent, kind=kind, seed=seed, display_names=display_names)
    return save_set(db, unsaved.model_copy(update={"note": note}))


def _names(parent: DescriptionSet, rng: random.Random, display: dict[str, str]) -> list[tuple[str, ...]]:
    """DFER-CLIP's `class_names`: "happiness."."""
    return [(display[name],) for name in parent.class_names]


def _template(parent: DescriptionSet, rng: random.Random, display: dict[str, str]) -> list[tuple[str, ...]]:
    """DFER-CLIP's `class_names_with_context`: "an expression of happiness."."""
    return [(f"an expression of {display[name]}",) for name in parent.class_names]


def _scrambled(parent: DescriptionSet, rng: random.Random, display: dict[str, str]) -> list[tuple[str, ...]]:
    """Each class keeps its words, in a random order; each descriptor keeps its number of words."""
    scrambled = []
    for description in parent.descriptions:
        words = " ".join(description.descriptors).split()
        rng.shuffle(words)
        left = iter(words)
        scrambled.append(
            tuple(" ".join(next(left) for _ in descriptor.split()) for descriptor in description.descriptors)
        )
    return scrambled


def _swapped(parent: DescriptionSet, rng: random.Random, display: dict[str, str]) -> list[tuple[str, ...]]:
    """Descriptions move to other classes; none stays with its own."""
    order = list(range(len(parent.descriptions)))
    while any(position == source for position, source in enumerate(order)):
        rng.shuffle(order)
    return [parent.descriptions[source].descriptors for source in order]


def _random(parent: DescriptionSet, rng: random.Random, display: dict[str, str]) -> list[tuple[str, ...]]:
    """As many descriptors of as many tokens, from plain nouns that name nothing in a face.

    Every word on the list is one CLIP token; a descriptor's punctuation counts as tokens and is replaced too.
    """
    own = {word.strip(",.;").casefold() for d in parent.descriptions for word in d.text.split()}
    pool = [word for word in random_words() if word not in own]
    needed = sum(count_tokens(x) for d in parent.descriptions for x in d.descriptors)
    draws = iter([word for _ in range(needed // len(pool) + 1) for word in rng.sample(pool, len(pool))])
    return [
        tuple(" ".join(next(draws) for _ in range(count_tokens(descriptor))) for descriptor in d.descriptors)
        for d in parent.descriptions
    ]


_Maker = Callable[[DescriptionSet, random.Random, dict[str, str]], Sequence[tuple[str, ...]]]
_MAKERS: dict[ControlKind, _Maker] = {
    "names": _names,
    "template": _template,
    "scrambled": _scrambled,
    "swapped": _swapped,
    "random": _random,
}


@cache
def random_words() -> tuple[str, ...]:
    text = (resources.files("dfer.describe") / "random_words.txt").read_text(encoding="utf-8")
    return tuple(text.split())
