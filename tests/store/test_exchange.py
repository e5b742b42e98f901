"""Export and import: nothing that matters is lost on the way, and a changed file is refused."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from description_store.answers import find_answer, save_answer, save_parses
from description_store.database import open_store
from description_store.errors import DamagedFile, UnknownName
from description_store.exchange import export_set, import_set
from description_store.export_file import load_export, read_export, write_export
from description_store.hashing import class_set_hash, tagged_hash
from description_store.lineage import ancestors
from description_store.prompts import save_prompt
from description_store.records import (
    Answer,
    Description,
    DescriptionSet,
    Parse,
    Provenance,
    Rendering,
)
from description_store.sets import find_set, list_sets, load_set, move_alias, save_class_set, save_set
from tests.describe.asking import ask, good
from tests.llm_server import LlmServer

CLASSES = [{"name": name, "display": name, "components": []} for name in ("anger", "fear")]
PROMPT = "Describe {{ class_name }}."


def a_line(db: Database, sets: list[dict]) -> DescriptionSet:
    """A set with a parent, and so on: each of these is one, with its answers, the last one is returned."""
    digest = class_set_hash(CLASSES)
    save_class_set(db, class_set_hash=digest, name="two", content=CLASSES)
    save_prompt(db, prompt_hash=tagged_hash("pt1", PROMPT), name="mine", text=PROMPT)
    parent: str | None = None
    for fields in sets:
        descriptions = tuple(
            Description(
                class_name=c["name"],
                descriptors=tuple(fields["words"]),
                text=" ".join((c["name"], *fields["words"])),
                tokens=len(fields["words"]),
                dropped=tuple(fields["dropped"]),
                parse_ids=parsed(db, c["name"], fields) if fields["asked"] else (),
            )
            for c in CLASSES
        )
        saved, _ = save_set(
            db,
            DescriptionSet(
                class_set="two",
                class_set_hash=digest,
                descriptions=descriptions,
                provenance=Provenance(
                    kind="llm" if fields["asked"] else "edit",
                    prompt="mine" if fields["asked"] else None,
                    prompt_hash=tagged_hash("pt1", PROMPT) if fields["asked"] else None,
                    params=fields["params"],
                    change=None if fields["asked"] else {"edit": "by hand"},
                    parent_hash=parent,
                ),
                rendering=fields["rendering"],
                context_tokens=fields["context_tokens"],
                note=fields["note"],
                dfer_version="0.1.0",
            ),
        )
        parent = saved.hash
    return load_set(db, saved.version)


def parsed(db: Database, name: str, fields: dict) -> tuple[int, ...]:
    identity = {"key_version": 1, "model": "m", "endpoint": "e", "messages": [name], **fields["params"]}
    answer = save_answer(
        db,
        Answer(
            key=tagged_hash("dk1", identity),
            identity=identity,
            text="\n".join(fields["words"]),
            raw=fields["note"],
            verdict="clean",
            created_at=fields.get("moment", ""),
        ),
        asked_key="dk1:" + "0" * 64,
        refresh=True,
    )
    parse = Parse(answer_id=answer.id, parser_version="p1", descriptors=tuple(fields["words"]))
    return tuple(saved.id for saved in save_parses(db, [parse]))


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
fields = st.fixed_dictionaries(
    {
        "words": st.lists(text, min_size=1, max_size=3),
        "dropped": st.lists(text, max_size=2),
        "asked": st.booleans(),
        "params": st.dictionaries(st.sampled_from(["temperature", "seed"]), st.integers(0, 3)),
        "rendering": st.sampled_from([Rendering(), Rendering(form="each", combine="max_score", prefix="a ")]),
        "context_tokens": st.integers(0, 16),
        "note": text,
        # The same words in the same millisecond are still two answers.
        "moment": st.sampled_from([f"2026-11-22T03:14:38.90{n}+00:00" for n in range(2)]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(fields, min_size=1, max_size=4))
def test_what_is_imported_is_exported_as_the_same_file(sets: list[dict]) -> None:
    with open_store(Path(":memory:")) as here, open_store(Path(":memory:")) as there:
        found = a_line(here, sets)
        exported = write_export(export_set(here, found))
        imported, created = import_set(there, read_export(exported, source="x"), source="x")
        assert created
        assert imported.hash == found.hash
        assert write_export(export_set(there, load_set(there, imported.version))) == exported
        line = [(one.hash, one.texts, one.note) for one in ancestors(there, imported.version)]
        assert line == [(one.hash, one.texts, one.note) for one in ancestors(here, found.version)]
        again, created = import_set(there, read_export(exported, source="x"), source="x")
        assert (again.version, created) == (imported.version, False)


def test_an_import_says_where_it_comes_from_and_stays_where_it_was(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as here, open_store(tmp_path / "b.db") as there:
        with LlmServer(good) as server:
            found = ask(here, server, note="ours").description_set
        move_alias(here, "best", 1)
        import_set(there, read_export(write_export(export_set(here, found)), source="x"), source="x.json")
        imported = find_set(there, "v1")
        assert imported.notes == ("imported from x.json",)
        assert (imported.note, imported.created_at) == ("ours", found.created_at)
        assert imported.aliases == ()


def test_a_set_that_was_imported_can_be_made_again_without_asking(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as here, open_store(tmp_path / "b.db") as there:
        with LlmServer(good) as server:
            found = ask(here, server, samples=2, temperature=0.5).description_set
            exported = read_export(write_export(export_set(here, found)), source="x")
            import_set(there, exported, source="x")
            asked = len(server.requests)
            again = ask(there, server, samples=2, temperature=0.5)
        assert len(server.requests) == asked
        assert (again.created, again.description_set.hash) == (False, found.hash)


def test_an_answer_that_this_store_serves_is_not_displaced_by_an_imported_one(tmp_path: Path) -> None:
    one = {"words": ["theirs"], "asked": True, "params": {}, "note": "t", "dropped": [], "context_tokens": 8}
    with open_store(tmp_path / "a.db") as here, open_store(tmp_path / "b.db") as there:
        theirs = export_set(here, a_line(here, [one | {"rendering": Rendering()}]))
        a_line(there, [one | {"rendering": Rendering(), "words": ["ours"]}])
        imported, created = import_set(there, theirs, source="x")
        assert created
        assert imported.descriptions[0].descriptors == ("theirs",)
        assert find_answer(there, theirs.answers[0].key).text == "ours"


def exported(tmp_path: Path) -> str:
    with open_store(tmp_path / "a.db") as here, LlmServer(good) as server:
        return write_export(export_set(here, ask(here, server).description_set))


def test_every_descriptor_of_an_export_has_a_line_of_its_own(tmp_path: Path) -> None:
    lines = [line.strip().rstrip(",") for line in exported(tmp_path).splitlines()]
    assert {'"first sign fear"', '"second sign fear"', '"third sign fear"'} <= set(lines)


@cache
def one_export() -> str:
    fields = {"words": ["a"], "asked": True, "params": {}, "note": "n", "dropped": [], "context_tokens": 8}
    with open_store(Path(":memory:")) as here:
        return write_export(export_set(here, a_line(here, [fields | {"rendering": Rendering()}])))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    text = one_export()
    place = data.draw(st.integers(0, len(text) - 2))
    changed = text[:place] + data.draw(st.characters(codec="ascii")) + text[place + 1 :]
    try:
        same = json.loads(changed) == json.loads(text)
    except ValueError:
        same = False
    if same:  # white space, or another way to write the same character
        return
    with pytest.raises(DamagedFile):
        read_export(changed, source="x")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100))
def test_a_file_that_was_cut_is_refused(percent: int) -> None:
    text = one_export().rstrip()
    with pytest.raises(DamagedFile):
        read_export(text[: len(text) * percent // 101], source="x")


def test_a_checksum_made_anew_does_not_hide_other_words(tmp_path: Path) -> None:
    from description_store.export_file import ExportFile

    content = read_export(exported(tmp_path), source="x")
    first = content.sets[0].descriptions[0].model_copy(update={"text": "other words."})
    forged = content.sets[0].model_copy(update={"descriptions": (first, *content.sets[0].descriptions[1:])})
    text = write_export(ExportFile(**dict(content) | {"sets": (forged,)}))
    with pytest.raises(DamagedFile, match="are not its own"):
        read_export(text, source="x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no export"),
        ('{"dfer_export": 99}', "this dfer reads form 1"),
        ('{"dfer_export": 1, "x": NaN}', "NaN is no number"),
        ("[" * 100_000, "is no"),
    ],
)
def test_another_file_is_refused_with_what_it_is(text: str, said: str) -> None:
    with pytest.raises(DamagedFile, match=said):
        read_export(text, source="x")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="cannot read"):
        load_export(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DamagedFile, match="no UTF-8"):
        load_export(tmp_path / "latin.json")


def test_an_interrupted_import_can_be_repeated(tmp_path: Path) -> None:
    content = read_export(exported(tmp_path), source="x")
    interrupted = 0
    while True:
        with open_store(tmp_path / f"b{interrupted}.db") as there:
            left = interrupted

            def stop(sql: str, _parameters: object) -> None:
                nonlocal left
                left -= "INSERT" in sql
                if left < 0:
                    raise KeyboardInterrupt

            try:
                with there.tracer(stop):
                    import_set(there, content, source="x")
                break
            except KeyboardInterrupt:
                interrupted += 1
            imported, _ = import_set(there, content, source="x")
            assert imported.hash == content.set
            assert [row["version"] for row in list_sets(there)] == [1]
    assert interrupted > 15
