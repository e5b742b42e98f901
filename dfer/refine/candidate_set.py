"""A candidate as a version of its own: a child with one class's words changed, and why."""

from collections.abc import Sequence

from sqlite_utils import Database

from description_store.prompts import save_prompt
from description_store.records import DescriptionSet
from description_store.sets import save_set
from dfer.class_sets import ClassSet, EmotionClass
from dfer.describe.children import child_of, own_words
from dfer.describe.clip_tokens import count_tokens, token_budget
from dfer.describe.compiling import ClassWords
from dfer.describe.rendering import render
from dfer.describe.templates import PromptTemplate
from dfer.refine.candidate_words import CandidateWords, Fits
from dfer.refine.confusions import Confusion
from dfer.refine.questions import Asked


def fits(parent: DescriptionSet, emotion: EmotionClass, *, context_tokens: int) -> Fits:
    """Whether descriptors of `emotion`, rendered as the parent's are, leave room for these context tokens,
    and for those of the parent."""
    budget = token_budget(max(context_tokens, parent.context_tokens))

    def check(descriptors: Sequence[str]) -> bool:
        text = render(descriptors, display=emotion.display, rendering=parent.rendering)
        return max(map(count_tokens, text.split("\n"))) <= budget

    return check


def save_candidate(
    db: Database,
    parent: DescriptionSet,
    class_set: ClassSet,
    *,
    words: CandidateWords,
    confusion: Confusion,
    asked: Asked,
    template: PromptTemplate,
    reason: str,
) -> DescriptionSet:
    """The saved child; the one that is there already where it is the same, for the same reason.

    It is no control any more, whatever its parent was: some of its words were asked for.

    Raises:
        ContentError: CLIP could not tell the class from another by these words.
    """
    assert asked.words is not None
    assert asked.provenance is not None
    own = ClassWords(
        descriptors=words.descriptors,
        dropped=words.dropped,
        warnings=asked.words.warnings,
        parse_ids=asked.words.parse_ids,
    )
    change = {
        "class": confusion.class_name,
        "taken_for": confusion.taken_for,
        "how": words.how,
        "reason": reason,
    }
    child = child_of(
        parent,
        class_set,
        own_words(parent, class_set) | {confusion.class_name: own},
        change={"refine": change},
    )
    provenance = asked.provenance.model_copy(
        update={"kind": "edit", "parent_hash": parent.hash, "change": child.provenance.change}
    )
    save_prompt(db, prompt_hash=template.hash, name=template.name, text=template.text)
    saved, _ = save_set(db, child.model_copy(update={"provenance": provenance, "note": reason}))
    return saved
