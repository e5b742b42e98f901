"""What the cache has of the questions that would be asked, and why it has not the others."""

from dataclasses import dataclass

from sqlite_utils import Database

from description_store.answers import Serving, find_answers
from description_store.cache import attempts_of, identities
from dfer.describe.asking.explaining import FieldDifference, StoredQuestions
from dfer.describe.planning import Questions


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """`status`: "hit"; "not served", with the verdict as reason; "failed", with what went wrong; or "miss".

    A miss says how the nearest stored question differs; in nothing where none is near.
    """

    label: str
    key: str
    status: str
    reason: str = ""
    differing: tuple[FieldDifference, ...] = ()


def explain_cache(db: Database, questions: Questions, *, serving: Serving) -> list[Explained]:
    """One row per question, in order."""
    keys = [question.request.key for question in questions.all]
    found = find_answers(db, keys, serving)
    stored = identities(db)
    failed = {attempt.key: attempt.message for attempt in attempts_of(db, keys)}
    # What another class has already found is no near miss of this one.
    near = StoredQuestions(
        (identity for identity, _ in stored.values()), unlike=(answer.identity for answer in found.values())
    )
    explained = []
    for question in questions.all:
        key = question.request.key
        if key in found:
            row = Explained(label=question.label, key=key, status="hit")
        elif key in stored:
            row = Explained(label=question.label, key=key, status="not served", reason=stored[key][1])
        elif key in failed:
            row = Explained(label=question.label, key=key, status="failed", reason=failed[key])
        else:
            differing = near.nearest(question.request.identity) or ()
            row = Explained(label=question.label, key=key, status="miss", differing=differing)
        explained.append(row)
    return explained
