"""Export and import: a set with everything it comes from, out of one store and into another."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from description_store.annotations import add_note
from description_store.answers import find_answer, insert_asking, read_answer, save_answer, save_parses
from description_store.export_file import (
    FORMAT,
    ExportedAnswer,
    ExportedAsking,
    ExportedClassSet,
    ExportedDescription,
    ExportedParse,
    ExportedPrompt,
    ExportedSet,
    ExportFile,
    Source,
)
from description_store.lineage import ancestors
from description_store.prompts import find_prompt, save_prompt
from description_store.reading import Reader
from description_store.records import DescriptionSet, Parse
from description_store.sets import load_class_set_content, save_class_set, save_set

if TYPE_CHECKING:
    from sqlite_utils import Database


def export_set(db: Reader, found: DescriptionSet) -> ExportFile:
    """The set, its ancestors, and the class sets, prompts and answers that they come from.

    What belongs to this store stays here: numbers, aliases, tags, later notes, runs.
    """
    line = [*reversed(ancestors(db, found.version)), found]
    answers = _Answers(db)
    sets = tuple(_exported(one, answers) for one in line)
    prompts = {
        digest: find_prompt(db, digest)
        for one in line
        for digest in (one.provenance.prompt_hash, one.provenance.shorten_prompt_hash)
        if digest
    }
    return ExportFile(
        dfer_export=FORMAT,
        set=found.hash,
        sets=sets,
        class_sets={
            one.class_set_hash: ExportedClassSet(
                name=one.class_set, classes=tuple(load_class_set_content(db, one.class_set_hash))
            )
            for one in line
        },
        prompts={digest: ExportedPrompt(name=p.name, text=p.text) for digest, p in prompts.items()},
        answers=tuple(answers.exported),
    )


def import_set(db: "Database", content: ExportFile, *, source: str) -> tuple[DescriptionSet, bool]:
    """Save what `read_export` read: the ancestors as versions of their own, then the set itself.

    What is here already stays as it is, so that an interrupted import can be repeated. An imported answer is
    served like one that was asked for, unless this store has a clean answer to the same question. A new
    version gets a note that names `source`.

    Returns:
        The set as it is in this store, and whether it was created now.
    """
    for digest, class_set in content.class_sets.items():
        save_class_set(db, class_set_hash=digest, name=class_set.name, content=class_set.classes)
    for digest, prompt in content.prompts.items():
        save_prompt(db, prompt_hash=digest, name=prompt.name, text=prompt.text)
    parse_ids = _import_answers(db, content.answers)
    for one in content.sets:
        words = tuple(
            d.model_copy(
                update={"parse_ids": tuple(parse_ids[s.answer, s.parser_version] for s in given.sources)}
            )
            for d, given in zip(one.description_set.descriptions, one.descriptions, strict=True)
        )
        saved, created = save_set(db, one.description_set.model_copy(update={"descriptions": words}))
        if created:
            add_note(db, saved.version, f"imported from {source}")
    return saved, created


class _Answers:
    """The answers met so far, each once, in the order in which the sets use them."""

    def __init__(self, db: Reader) -> None:
        self.db = db
        self.exported: list[ExportedAnswer] = []
        self.places: dict[int, int] = {}

    def sources_of(self, version: int) -> dict[str, tuple[Source, ...]]:
        """By class, in the order of its samples."""
        sql = """
            SELECT class_name, answer_id, parser_version
            FROM description_parses JOIN descriptions USING (version, position)
            JOIN parses ON parses.id = parse_id
            WHERE version = ? ORDER BY position, source
        """
        sources: dict[str, tuple[Source, ...]] = {}
        for name, answer_id, parser_version in self.db.execute(sql, [version]):
            source = Source(answer=self._place(answer_id), parser_version=parser_version)
            sources[name] = (*sources.get(name, ()), source)
        return sources

    def _place(self, answer_id: int) -> int:
        if answer_id not in self.places:
            self.places[answer_id] = len(self.exported)
            self.exported.append(self._read(answer_id))
        return self.places[answer_id]

    def _read(self, answer_id: int) -> ExportedAnswer:
        (row,) = self.db.query("SELECT * FROM answers WHERE id = ?", [answer_id])
        answer = read_answer(row)
        askings = self.db.query(
            "SELECT asked_key, dropped, other_api FROM key_aliases WHERE key = ? ORDER BY asked_key",
            [answer.key],
        )
        parses = self.db.query(
            "SELECT * FROM parses WHERE answer_id = ? ORDER BY parser_version", [answer_id]
        )
        return ExportedAnswer(
            **answer.model_dump(exclude={"id", "generation"}),
            asked_as=tuple(
                ExportedAsking(
                    asked_key=asking["asked_key"],
                    dropped=tuple(json.loads(asking["dropped"])),
                    other_api=bool(asking["other_api"]),
                )
                for asking in askings
            ),
            parses=tuple(
                ExportedParse(
                    parser_version=parse["parser_version"],
                    descriptors=tuple(json.loads(parse["descriptors"])),
                    ignored=tuple(json.loads(parse["ignored"])),
                    warnings=tuple(json.loads(parse["warnings"])),
                )
                for parse in parses
            ),
        )


def _exported(one: DescriptionSet, answers: _Answers) -> ExportedSet:
    sources = answers.sources_of(one.version)
    local = {"version", "aliases", "tags", "notes", "descriptions"}
    return ExportedSet(
        hash=one.hash,
        **one.model_dump(exclude=local),
        descriptions=tuple(
            ExportedDescription(**d.model_dump(exclude={"parse_ids"}), sources=sources.get(d.class_name, ()))
            for d in one.descriptions
        ),
    )


def _import_answers(db: "Database", answers: Sequence[ExportedAnswer]) -> dict[tuple[int, str], int]:
    """The ids of the parses in this store, by the answer's place in the file and the parser's version."""
    served_here = {given.key for given in answers if find_answer(db, given.key)}
    parse_ids: dict[tuple[int, str], int] = {}
    met: set[int] = set()
    for place, given in enumerate(answers):
        answer_id = _find_same(db, given, met)
        if answer_id is None:
            # Of several in the file the last counts, as where they come from; what is served here goes on.
            saved = save_answer(db, given.answer, refresh=given.key not in served_here)
            answer_id = _find_same(db, given, met) or saved.id
        assert answer_id is not None
        met.add(answer_id)
        for asking in given.asked_as:
            insert_asking(db, asking.asked_key, given.key, dropped=asking.dropped, other_api=asking.other_api)
        parses = [
            Parse(answer_id=answer_id, **parse.model_dump(include=set(ExportedParse.model_fields)))
            for parse in given.parses
        ]
        for parse in save_parses(db, parses):
            assert parse.id is not None
            parse_ids[place, parse.parser_version] = parse.id
    return parse_ids


def _find_same(db: Reader, given: ExportedAnswer, met: set[int]) -> int | None:
    """An answer that came here with the same import, or that this very store received.

    Not one of those `met` in the file before: two answers may be alike in everything, time included.
    """
    sql = "SELECT id FROM answers WHERE key = ? AND text = ? AND raw = ? AND created_at = ? ORDER BY id"
    rows = db.execute(sql, [given.key, given.text, given.raw, given.created_at])
    return next((int(row[0]) for row in rows if row[0] not in met), None)
