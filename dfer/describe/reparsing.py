"""Reading a set's answers again, with today's parser: new words without a call."""

from dataclasses import replace

from sqlite_utils import Database

from description_store.annotations import add_note
from description_store.cache import answers_of_set
from description_store.records import DescriptionSet
from description_store.sets import save_set
from dfer import __version__
from dfer.class_sets import ClassSet
from dfer.describe.compiling import OnOverflow, compile_descriptions
from dfer.describe.language import foreign_reason
from dfer.describe.parsing import PARSER_VERSION
from dfer.describe.pooling import POOLING
from dfer.describe.wording import read_words
from dfer.errors import UsageError


def reparse(
    db: Database,
    parent: DescriptionSet,
    class_set: ClassSet,
    *,
    context_tokens: int | None = None,
    on_overflow: OnOverflow | None = None,
    keep: int | None = None,
    only_english: bool | None = None,
    note: str = "",
) -> tuple[DescriptionSet, bool]:
    """A child of `parent` with the words that this parser reads in its answers; `parent` if they are its own.

    Options left None are the parent's own: what was let pass there is let pass again.

    Returns:
        The set, and whether it was created now.

    Raises:
        UsageError: the set has no answers (a control, an import).
        ContentError: as `compile_descriptions`.
    """
    answers = answers_of_set(db, parent.version)
    if missing := [name for name in parent.class_names if name not in answers]:
        kind = parent.provenance.control or parent.provenance.kind
        raise UsageError(
            f"{parent.name} ({kind}) has no answers for {', '.join(missing[:5])}",
            hint="only a set that `dfer describe` made can be read again",
        )
    # Of a text that was shortened by asking only the last answer counts.
    shortened = {name: answers.pop(name)[-1:] for name in parent.provenance.shortened or ()}
    context_tokens = parent.context_tokens if context_tokens is None else context_tokens
    keep = parent.provenance.keep if keep is None else keep
    if on_overflow is None:
        on_overflow = "trim" if any(d.dropped for d in parent.descriptions) else "error"
    if only_english is None:
        only_english = not any(map(foreign_reason, parent.texts.values()))
    words = read_words(db, answers, keep=keep)
    longer = {d.class_name: d.parse_ids[:-1] for d in parent.descriptions}
    for name, own in read_words(db, shortened, shortened=True).items():
        words[name] = replace(own, parse_ids=(*longer[name], *own.parse_ids))
    descriptions = compile_descriptions(
        class_set,
        words,
        context_tokens=context_tokens,
        on_overflow=on_overflow,
        only_english=only_english,
        advice="all answers are kept; ask again with --refresh, or change words with `dfer sets edit`",
    )
    if [(d.class_name, d.descriptors, d.text) for d in descriptions] == [
        (d.class_name, d.descriptors, d.text) for d in parent.descriptions
    ]:
        if note:
            add_note(db, parent.version, note)
        return parent, False
    provenance = parent.provenance.model_copy(
        update={
            "parser_version": PARSER_VERSION,
            "keep": keep,
            "pooling": POOLING if parent.provenance.samples else None,
            "parent_hash": parent.hash,
        }
    )
    child = DescriptionSet(
        class_set=parent.class_set,
        class_set_hash=parent.class_set_hash,
        descriptions=descriptions,
        provenance=provenance,
        context_tokens=context_tokens,
        note=note,
        dfer_version=__version__,
    )
    return save_set(db, child)
