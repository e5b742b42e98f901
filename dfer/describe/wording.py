"""From a class's answers to its descriptors: parse, pool samples, leave out what was cut or is too much."""

from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from description_store.answers import find_parses, save_parses
from description_store.records import Answer, Parse
from dfer.describe.compiling import ClassWords
from dfer.describe.parsing import PARSER_VERSION, parse_answer
from dfer.describe.pooling import pool


def read_words(
    db: Database,
    answers: Mapping[str, Sequence[Answer]],
    *,
    keep: int | None = None,
    shortened: bool = False,
) -> dict[str, ClassWords]:
    """Each class's words from its answers: at most `keep` descriptors, those that most samples agree on.

    What this parser version read before is not read again. `shortened` answers repeat words of their
    question, the long description, which must not be taken for an echo.
    """
    every = [answer for of_class in answers.values() for answer in of_class]
    parses = find_parses(db, [_id(answer) for answer in every], PARSER_VERSION)
    unread = {_id(answer): answer for answer in every if _id(answer) not in parses}
    for saved in save_parses(db, [_parse(answer, shortened) for answer in unread.values()]):
        parses[saved.answer_id] = saved
    return {
        name: _words_of_class([(answer, parses[_id(answer)]) for answer in of_class], keep)
        for name, of_class in answers.items()
    }


def was_cut(answer: Answer) -> bool:
    return answer.verdict == "length"


def _parse(answer: Answer, shortened: bool) -> Parse:
    question = "" if shortened else answer.identity["messages"][-1]["content"]
    parsed = parse_answer(answer.text, question=question)
    return Parse(
        answer_id=_id(answer),
        parser_version=PARSER_VERSION,
        descriptors=parsed.descriptors,
        ignored=parsed.ignored,
        warnings=parsed.warnings,
    )


def _id(answer: Answer) -> int:
    assert answer.id is not None, "answers come from the store"
    return answer.id


def _words_of_class(read: Sequence[tuple[Answer, Parse]], keep: int | None) -> ClassWords:
    warnings: list[str] = []
    dropped: list[str] = []
    lists: list[Sequence[str]] = []
    for sample, (answer, parse) in enumerate(read, start=1):
        descriptors = parse.descriptors
        if not descriptors and len(read) > 1:
            warnings.append(f"sample {sample} holds no descriptor")
        warnings += (warning for warning in parse.warnings if warning not in warnings)
        if was_cut(answer) and descriptors:
            # The last item may have been cut in the middle (as many of Menon & Vondrick's were).
            dropped.append(descriptors[-1])
            descriptors = descriptors[:-1]
            warnings.append(f"the answer was cut: {dropped[-1]!r}, its last item, is left out")
        lists.append(descriptors)
    pooled = pool(lists)
    kept = pooled if keep is None else pooled[:keep]
    return ClassWords(
        descriptors=kept,
        dropped=(*pooled[len(kept) :], *(item for item in dropped if item not in pooled)),
        warnings=tuple(warnings),
        parse_ids=tuple(parse.id for _, parse in read if parse.id is not None),
    )
