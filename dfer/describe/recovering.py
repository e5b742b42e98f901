"""Words that were found again in the weights of a published model, as a description set."""

from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from description_store.records import DescriptionSet, Provenance
from description_store.sets import list_sets, load_set, save_set
from dfer import __version__
from dfer.class_sets import ClassSet
from dfer.class_sets.stored import store_class_set
from dfer.describe.clip_tokens import text_of, token_ids
from dfer.describe.compiling import ClassWords, compile_descriptions
from dfer.describe.importing.exact_text import one_text_each
from dfer.describe.same_to_clip import seen_by_clip
from dfer.errors import ContentError


def recovered_set(
    class_set: ClassSet,
    tokens: Mapping[str, Sequence[int]],
    *,
    context_tokens: int,
    source: str,
    sha256: str,
) -> DescriptionSet:
    """The set whose texts have these tokens, not saved yet. Capitals and spacing are not to be found again.

    `tokens`: class → ids without start and end. `source`: the name of the file that they come from.

    Raises:
        ContentError: tokens that no text has, or texts that make no set.
    """
    texts = {name: text_of(tokens[name]) for name in class_set.names}
    words, rendering = one_text_each(texts, split=True)
    descriptions = compile_descriptions(
        class_set,
        {name: ClassWords(descriptors=descriptors) for name, descriptors in words.items()},
        rendering=rendering,
        context_tokens=context_tokens,
    )
    for description in descriptions:
        if token_ids(description.text) != list(tokens[description.class_name]):
            raise ContentError(f"{description.class_name}: {description.text[:60]!r} has other tokens")
    return DescriptionSet(
        class_set=class_set.name,
        class_set_hash=class_set.hash,
        descriptions=descriptions,
        provenance=Provenance(
            kind="import", imported={"file": source, "sha256": sha256, "format": "recovered from weights"}
        ),
        rendering=rendering,
        context_tokens=context_tokens,
        note=f"recovered from {source}",
        dfer_version=__version__,
    )


def save_recovered(
    db: Database, class_set: ClassSet, recovered: DescriptionSet
) -> tuple[DescriptionSet, bool]:
    """Save it, unless the store has a set of the same classes that is the same to CLIP: then that one.

    Returns:
        The set, and whether it was created now.
    """
    for row in list_sets(db):
        if row["class_set"] == class_set.name:
            known = load_set(db, row["version"])
            same_classes = known.class_set_hash == recovered.class_set_hash
            if same_classes and known.rendering.combine == "joined" and _seen(known) == _seen(recovered):
                return known, False
    store_class_set(db, class_set)
    return save_set(db, recovered)


def _seen(found: DescriptionSet) -> dict[str, frozenset[tuple[int, ...]]]:
    return {d.class_name: seen_by_clip(d.text) for d in found.descriptions}
