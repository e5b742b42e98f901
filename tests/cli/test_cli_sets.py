"""`dfer sets`: edit, select, render, compound, control, log, check, export, import, alias, tag, note."""

import os
import stat
from pathlib import Path

import pytest

from description_store.database import open_store
from description_store.sets import find_set
from tests.cli.conftest import Dfer
from tests.describe.asking import good
from tests.llm_server import LlmServer


@pytest.fixture
def v1(dfer: Dfer) -> None:
    assert dfer("describe --classes dfew7 --model builtin/facs").code == 0


@pytest.fixture
def edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """$EDITOR: a real program that replaces text in the file it is given."""

    def set_editor(old: str, new: str, *, exit_code: int = 0) -> None:
        script = tmp_path / "editor.sh"
        script.write_text(f'#!/bin/sh\nsed -i "s/{old}/{new}/" "$1"\nexit {exit_code}\n')
        script.chmod(script.stat().st_mode | stat.S_IEXEC)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", str(script))

    return set_editor


def words(dfer: Dfer, name: str, class_name: str = "anger") -> list[str]:
    shown = dfer(f"sets show {name} --json").json["classes"]
    return next(c["descriptors"] for c in shown if c["class"] == class_name)


@pytest.mark.usefixtures("v1")
def test_the_editor_gets_the_words_and_what_it_saves_is_a_child(dfer: Dfer, edits) -> None:
    edits("- wrinkled nose", "- crinkled nose")
    done = dfer("sets edit v1")
    assert done.code == 0, done.err
    assert "saved as v2, a child of v1" in done.err
    assert words(dfer, "v2", "disgust")[0] == "crinkled nose"
    assert words(dfer, "v1", "disgust")[0] == "wrinkled nose"


@pytest.mark.usefixtures("v1")
def test_an_editor_that_changes_nothing_makes_nothing(dfer: Dfer, edits) -> None:
    edits("nothing of the kind", "x")
    assert "unchanged: v1" in dfer("sets edit v1").err
    assert len(dfer("sets list --json").json["sets"]) == 1


@pytest.mark.usefixtures("v1")
def test_an_edit_that_cannot_be_used_is_kept_and_can_be_mended(dfer: Dfer, edits) -> None:
    edits("- wrinkled nose", "- wrinkled: nose")
    done = dfer("sets edit v1")
    assert done.code == 5
    assert "put it in quotes" in done.err
    path = Path(done.err.rsplit("--file ", 1)[1].split()[0])
    path.write_text(path.read_text().replace("wrinkled: nose", "crinkled nose"))
    mended = dfer(f"sets edit v1 --file {path} --note mended --json").json
    assert (mended["set"], mended["note"], mended["parent"]) == ("v2", "mended", "v1")


@pytest.mark.usefixtures("v1")
def test_an_editor_that_fails_or_is_missing_changes_nothing(dfer: Dfer, edits, monkeypatch) -> None:
    edits("wrinkled", "crinkled", exit_code=1)
    assert dfer("sets edit v1").code == 3
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    done = dfer("sets edit v1")
    assert done.code == 3
    assert "--class NAME" in done.err
    assert len(dfer("sets list --json").json["sets"]) == 1


@pytest.mark.usefixtures("v1")
def test_one_class_is_changed_by_flags(dfer: Dfer) -> None:
    before = words(dfer, "v1")
    done = dfer("sets edit v1 --class anger --drop 2 --alias now --json --add", "flared nostrils").json
    assert done["created"]
    assert words(dfer, "@now") == [before[0], *before[2:], "flared nostrils"]


@pytest.mark.usefixtures("v1")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--drop 1", "which class"),
        ("--class rage --drop 1", "no class 'rage'"),
        ("--class anger", "nothing to change"),
        ("--class anger --drop 9", "no descriptor 9"),
        ("--file x.yaml --class anger", "does not go with"),
        ("--file none.yaml", "cannot read none.yaml"),
    ],
)
def test_a_mistake_in_the_flags_is_a_usage_error(dfer: Dfer, flags: str, said: str) -> None:
    done = dfer(f"sets edit v1 {flags}")
    assert done.code == 2
    assert said in done.err


@pytest.mark.usefixtures("v1")
def test_selecting_lists_what_goes_with_reasons_before_it_goes(dfer: Dfer) -> None:
    dfer("sets edit v1 --class anger --add", "clenched fists", "--add", "angry eyes")
    listed = dfer("sets select v2 --drop-nonfacial --drop-class-words --dry-run")
    assert "clenched fists" in listed.out
    assert "body: 'fists'" in listed.out
    assert len(dfer("sets list --json").json["sets"]) == 2
    made = dfer("sets select v2 --drop-nonfacial --drop-class-words --yes --json").json
    assert made["provenance"]["change"] == {"select": {"drop_nonfacial": True, "drop_class_words": True}}
    assert [(o["class"], o["descriptor"]) for o in made["left_out"]] == [
        ("anger", "clenched fists"),
        ("anger", "angry eyes"),
    ]
    assert words(dfer, "v3") == words(dfer, "v1")


@pytest.mark.usefixtures("v1")
def test_rendering_and_its_rule_are_recorded_and_shown(dfer: Dfer) -> None:
    made = dfer("sets render v1 --form each --combine max_score --json").json
    assert made["rendering"] == {
        "form": "each",
        "prefix": "{class}, which has ",
        "suffix": "",
        "combine": "max_score",
        "compounds": None,
    }
    assert "combined by max_score" in dfer("sets show v2").out
    assert dfer("sets render v1 --form list").err.startswith("rendered anew · unchanged: v1")
    assert dfer("sets render v1 --form list --combine max_score").code == 2


def test_compounds_come_from_their_parts(dfer: Dfer) -> None:
    dfer("describe --classes mafw11 --model builtin/facs")
    averaged = dfer("sets compound v1 --json").json
    assert (averaged["class_set"], len(averaged["classes"])) == ("mafw43", 43)
    assert averaged["rendering"]["combine"] == "mean_raw"
    in_a_row = dfer("sets compound v1 --how concatenate --context-tokens 0 --on-overflow trim --json")
    assert in_a_row.code == 0, in_a_row.err
    classes = {c["class"]: c for c in in_a_row.json["classes"]}
    assert all("\n" not in c["text"] and c["tokens"] <= 75 for c in classes.values())
    assert classes["fear_sadness_anxiety"]["dropped"]
    assert not classes["anger"]["dropped"]


@pytest.mark.usefixtures("v1")
def test_the_log_tells_what_was_done_at_each_step(dfer: Dfer) -> None:
    dfer("sets edit v1 --class anger --drop 1 --note", "too common")
    dfer("sets control v2 --kind random --alias random")
    dfer("sets note v3", "matched to the edit")
    log = dfer("sets log @random --json").json
    assert [step["set"] for step in log["log"]] == ["v3", "v2", "v1"]
    assert (log["log"][1]["added"], log["log"][1]["removed"]) == (0, 1)
    assert log["missing_parent"] is None
    drawn = dfer("sets log @random").out
    assert "● v2  edit" in drawn
    assert "“too common”" in drawn
    assert "“matched to the edit”" in drawn
    assert "+0 −1 descriptors, in anger" in drawn


@pytest.mark.usefixtures("v1")
def test_check_ends_with_5_where_a_run_would_be_wrong(dfer: Dfer) -> None:
    fine = dfer("sets check v1 --recipe dfer-clip")
    assert fine.code == 0
    assert "budget 67 for dfer-clip" in fine.out
    over = dfer("sets check v1 --context-tokens 50")
    assert over.code == 5
    assert "the budget is 25" in " ".join(over.out.split())
    found = dfer("sets check v1 --recipe dfer-clip --set context_tokens=50 --json")
    assert found.code == 5
    assert {f["kind"] for f in found.json["findings"] if f["severity"] == "error"} == {"budget"}


@pytest.mark.usefixtures("v1")
@pytest.mark.parametrize("flags", ["--recipe bogus", "--set context_tokens=4", "--figure x.png"])
def test_check_refuses_options_that_mean_nothing(dfer: Dfer, flags: str) -> None:
    assert dfer(f"sets check v1 {flags}").code == 2


def test_an_export_is_imported_elsewhere_with_its_hash_answers_and_line(dfer: Dfer) -> None:
    with LlmServer(good) as server:
        ask = f"describe --classes dfew7 --model m --base-url {server.base_url}"
        dfer(ask)
        dfer("sets edit v1 --class anger --drop 1")
        assert dfer("sets export v2 --output v2.json").code == 0
        made = dfer("sets import v2.json --db theirs.db --alias ours --json").json
        assert made["hash"] == dfer("sets show v2 --json").json["hash"]
        assert [s["set"] for s in dfer("sets log @ours --db theirs.db --json").json["log"]] == ["v2", "v1"]
        asked = len(server.requests)
        assert "unchanged: v1" in dfer(f"{ask} --db theirs.db").err
        assert len(server.requests) == asked
    assert dfer("sets export v2 --output v2.json").code == 2
    assert dfer("sets export @ours --db theirs.db --output again.json").code == 0
    assert Path("again.json").read_bytes() == Path("v2.json").read_bytes()
    assert "imported from v2.json, sha256" in dfer("sets show @ours --db theirs.db").out


@pytest.mark.usefixtures("v1")
def test_an_exported_file_can_be_named_wherever_a_set_can(dfer: Dfer) -> None:
    dfer("sets edit v1 --class anger --drop 1")
    dfer("sets export v2 --output mine.json")
    os.rename("dfer.db", "away.db")  # noqa: PTH104
    for command in ("sets show mine.json", "sets check mine.json", "sets log mine.json"):
        assert dfer(command).code == 0
    assert "mine.json" in dfer("sets show mine.json").out
    assert not Path("dfer.db").exists()
    os.rename("away.db", "other.db")  # noqa: PTH104
    dfer("describe --classes dfew7 --model builtin/facs")
    assert "mine.json is" not in dfer("sets diff v1 mine.json").err
    assert len(dfer("sets list --json").json["sets"]) == 1
    made = dfer("sets control mine.json --kind random")
    assert "mine.json imported as v2" in made.err
    assert len(dfer("sets list --json").json["sets"]) == 3


@pytest.mark.usefixtures("v1")
def test_a_changed_export_is_refused_with_what_to_do_instead(dfer: Dfer) -> None:
    dfer("sets export v1 --output v1.json")
    path = Path("v1.json")
    path.write_text(path.read_text().replace("wrinkled nose", "crinkled nose"))
    for command in ("sets import v1.json", "sets show v1.json"):
        done = dfer(command)
        assert done.code == 5
        assert "was changed since it was exported" in done.err


@pytest.mark.usefixtures("v1")
def test_words_travel_as_yaml_and_as_text(dfer: Dfer) -> None:
    dfer("sets export v1 --output v1.yaml")
    made = dfer("sets import v1.yaml --json").json
    assert made["set"] == "v2"
    assert made["provenance"]["imported"]["format"] == "words"
    assert made["classes"][3]["text"] == dfer("sets show v1 --json").json["classes"][3]["text"]
    text = dfer("sets export v1 --format text").out
    assert "disgust: wrinkled nose, raised upper lip" in text
    Path("v1.txt").write_text(text)
    made = dfer("sets import v1.txt --classes dfew7 --json").json
    assert {c["class"]: c["text"] for c in made["classes"]} == dict(
        line.split(": ", 1) for line in text.splitlines()
    )


def test_words_of_another_project_are_imported_with_their_origin(dfer: Dfer) -> None:
    Path("class_descriptions.yml").write_text(
        "".join(
            f"{name}: A face that shows {place} marks of it.\n"
            for place, name in enumerate(
                ["happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear"], start=1
            )
        )
    )
    made = dfer("sets import class_descriptions.yml --classes dfew7")
    assert made.code == 0, made.err
    assert "imported: from class_descriptions.yml, sha256" in made.out
    assert made.out.count("A face that shows") == 7
    missing = dfer("sets import class_descriptions.yml")
    assert missing.code == 2
    assert "--classes" in missing.err
    assert dfer("sets import class_descriptions.yml --classes mafw11").code == 5


@pytest.mark.usefixtures("v1")
def test_a_moved_alias_says_where_it_was(dfer: Dfer) -> None:
    dfer("sets control v1 --kind names")
    assert dfer("sets alias v1 base").err == "@base is v1\n"
    assert dfer("sets alias v2 base").err == "@base is v2 (it was v1)\n"
    assert dfer("sets alias v2 v1").code == 2


@pytest.mark.usefixtures("v1")
def test_tags_are_shared_by_sets_and_notes_add_up(dfer: Dfer) -> None:
    dfer("sets control v1 --kind names")
    for name in ("v1", "v2"):
        dfer(f"sets tag {name} paper")
    assert "already" in dfer("sets tag v1 paper").err
    dfer("sets tag v2 paper --remove")
    assert dfer("sets tag v2 paper --remove").code == 2
    assert [s["set"] for s in dfer("sets list --tag paper --json").json["sets"]] == ["v1"]
    dfer("sets note v1", "first")
    dfer("sets note v1", "second")
    assert dfer("sets show v1 --json").json["notes"] == ["first", "second"]
    assert dfer("sets note v1", " ").code == 2


@pytest.mark.usefixtures("v1")
def test_a_note_on_an_unchanged_set_is_not_lost(dfer: Dfer) -> None:
    dfer("describe --classes dfew7 --model builtin/facs --note", "again, for fold 3")
    assert dfer("sets show v1 --json").json["notes"] == ["again, for fold 3"]


def test_a_long_list_shows_the_newest_and_says_that_there_are_more(dfer: Dfer) -> None:
    dfer("describe --classes dfew7 --model builtin/facs")
    for seed in range(24):
        dfer(f"sets control v1 --kind random --seed {seed}")
    shown = dfer("sets list")
    assert shown.out.splitlines()[2].startswith("v6")
    assert "and 5 older: --all shows them" in shown.err
    assert len(dfer("sets list --all").out.splitlines()) == 27
    assert len(dfer("sets list --json").json["sets"]) == 25
    assert [s["set"] for s in dfer("sets list -n 2 --json").json["sets"]] == ["v24", "v25"]


def test_samples_that_agree_are_counted_for_each_descriptor(dfer: Dfer) -> None:
    with LlmServer(good) as server:
        dfer(f"describe --classes dfew7 --model m --samples 3 --base-url {server.base_url}")
    (first, *_) = dfer("sets show v1 --class fear --json").json["descriptors"]
    assert (first["set"], first["by"], first["agreeing"], first["samples"]) == ("v1", "m", 3, 3)
    assert "3 of 3 samples" in dfer("sets show v1 --class fear").out


def test_no_history_of_commands_changes_an_earlier_version(dfer: Dfer) -> None:
    dfer("describe --classes dfew7 --model builtin/facs")
    before: dict[str, str] = {}
    for command in (
        "sets edit v1 --class anger --drop 1",
        "sets select v2 --keep 2 --yes",
        "sets render v3 --form sentence",
        "sets control v4 --kind swapped",
        "sets alias v5 base",
        "sets tag v2 x",
        "sets note v2 y",
        "sets edit v1 --class anger --drop 1",
        "describe --classes dfew7 --model builtin/facs",
    ):
        assert dfer(command).code == 0
        with open_store(Path("dfer.db")) as db:
            now = {s["set"]: s["hash"] for s in dfer("sets list --json").json["sets"]}
            assert before.items() <= now.items()
            assert all(find_set(db, name).hash == digest for name, digest in now.items())
        before = now
    assert len(before) == 5


@pytest.mark.usefixtures("v1")
def test_a_class_that_is_missing_from_the_edited_file_is_an_error(dfer: Dfer) -> None:
    text = dfer("sets export v1 --format yaml").out
    before, _, after = text.partition("  anger:\n")
    Path("w.yaml").write_text(before + after[after.index("  surprise:") :])
    done = dfer("sets edit v1 --file w.yaml")
    assert done.code == 5
    assert "missing anger" in done.err


@pytest.mark.usefixtures("v1")
def test_an_edit_is_warned_of_what_is_worth_a_second_look(dfer: Dfer) -> None:
    done = dfer(
        "sets edit v1 --class anger --add", "angry stare", "--add", "glücklich lachendes Gesicht mit Augen"
    )
    assert "warning: anger: names its class: 'angry'" in done.err
    assert dfer("sets edit v1 --class anger --drop 1").err.count("warning") == 0


@pytest.mark.usefixtures("v1")
def test_the_same_words_by_another_way_are_said_to_be_there_already(dfer: Dfer) -> None:
    dfer("sets edit v1 --class anger --drop 1")
    assert "there already, as v2" in dfer("sets edit v1 --class anger --drop 1").err
    asked = dfer("sets render v1 --form list --context-tokens 0")
    assert "unchanged: v1" in asked.err
    assert "for 8 context tokens" in " ".join(asked.err.split())


@pytest.mark.usefixtures("v1")
def test_a_changed_control_is_listed_as_a_control(dfer: Dfer) -> None:
    dfer("sets control v1 --kind random")
    dfer("sets render v2 --form sentence")
    assert "random control, seed 1, render sentence" in " ".join(dfer("sets list").out.split())


@pytest.mark.usefixtures("v1")
def test_a_set_of_several_texts_is_no_set_for_dfer_clip(dfer: Dfer) -> None:
    dfer("sets render v1 --form each")
    done = dfer("sets check v2 --recipe dfer-clip --json")
    assert done.code == 5
    assert [f["kind"] for f in done.json["findings"] if f["severity"] == "error"] == ["several-texts"]
    assert dfer("sets check v2 --recipe zero-shot").code == 0
    assert dfer("sets export v2 --format text").code == 5


@pytest.mark.usefixtures("v1")
def test_the_same_set_is_said_to_be_the_same(dfer: Dfer) -> None:
    dfer("sets export v1 --output mine.json")
    assert "v1 and mine.json are the same set" in dfer("sets diff v1 mine.json").out
    assert dfer("sets diff v1 mine.json --json").json["relation"] == "same"


@pytest.mark.usefixtures("v1")
def test_labels_answer_in_json_too(dfer: Dfer) -> None:
    assert dfer("sets alias v1 base --json").json["before"] is None
    assert dfer("sets alias v1 base --json").json["before"] == "v1"
    assert dfer("sets tag v1 #paper --json").json["tags"] == ["paper"]
    assert dfer("sets list --tag #paper --json").json["sets"][0]["tags"] == ["paper"]
    assert dfer("sets note v1 why --json").json["notes"] == ["why"]
    written = dfer("sets export v1 --output mine.json --json").json
    assert (written["path"], written["format"]) == ("mine.json", "json")
    assert "cannot be a tag" in dfer("sets tag v1 a/b").err


@pytest.mark.usefixtures("v1")
def test_an_alias_may_end_like_a_file(dfer: Dfer) -> None:
    dfer("sets alias v1 x.json")
    assert dfer("sets show @x.json --json").json["set"] == "v1"


@pytest.mark.usefixtures("v1")
def test_pages_and_pictures_are_not_written_over(dfer: Dfer) -> None:
    Path("page.html").write_text("mine")
    assert dfer("sets diff v1 v1 --html page.html").code == 2
    assert dfer("sets diff v1 v1 --html page.html --force").code == 0
    for figure in ("x.gif", "no/x.png", "page.html"):
        assert dfer(f"sets check v1 --clip tiny --figure {figure}").code == 2


@pytest.mark.usefixtures("v1")
def test_an_import_tells_what_it_took_for_what_and_what_it_left_out(dfer: Dfer) -> None:
    names = ["happy", "sadness", "neutral", "Angry", "surprise", "disgust", "fear", "contempt"]
    Path("w.txt").write_text("".join(f"{name}: sign of {name}, mark of {name}\n" for name in names))
    done = dfer("sets import w.txt --classes dfew7 --ignore-extra")
    assert done.code == 0, done.err
    told = " ".join(done.err.split())
    assert "read happy as happiness, Angry as anger" in told
    assert "left out contempt: no class of dfew7" in told


@pytest.mark.usefixtures("v1")
def test_words_that_cannot_be_printed_are_not_imported(dfer: Dfer) -> None:
    text = dfer("sets export v1 --format yaml").out.replace("- wrinkled nose", '- "wrinkled \\e[31mnose"')
    Path("w.yaml").write_text(text)
    done = dfer("sets import w.yaml")
    assert done.code == 5
    assert "cannot be printed" in done.err


@pytest.mark.slow
@pytest.mark.usefixtures("v1")
def test_check_with_a_clip_draws_the_classes_as_it_reads_them(dfer: Dfer) -> None:
    dfer("sets edit v1 --class anger --drop 1")
    found = dfer("sets check v2 --clip tiny --figure heat.svg --json").json["similarity"]
    assert "<svg" in Path("heat.svg").read_text()
    assert found["figure"] == "heat.svg"
    assert len(found["nearest_pairs"]) > 0
    drawn = dfer("sets check v2 --clip tiny")
    assert "effective rank" in drawn.out
    assert "weights are random" in " ".join(drawn.err.split())


@pytest.mark.usefixtures("v1")
@pytest.mark.parametrize("tag", ["2024", "latest", "v3"])
def test_any_tag_is_sound_to_the_check_of_the_store(dfer: Dfer, tag: str) -> None:
    assert dfer(f"sets tag v1 {tag}").code == 0
    assert dfer("db check").code == 0


@pytest.mark.usefixtures("v1")
def test_words_that_are_typed_into_a_control_are_judged(dfer: Dfer) -> None:
    dfer("sets control v1 --kind names")
    dfer("sets edit v2 --class anger --add", "clenched fists")
    kinds = {f["kind"] for f in dfer("sets check v3 --json").json["findings"]}
    assert {"nonfacial", "class-name"} <= kinds


@pytest.mark.usefixtures("v1")
def test_a_note_on_words_that_were_imported_before_is_kept(dfer: Dfer) -> None:
    Path("v1.txt").write_text(dfer("sets export v1 --format text").out)
    for note in ("first", "second"):
        dfer("sets import v1.txt --classes dfew7 --note", note)
    shown = dfer("sets show v2 --json").json
    assert (shown["note"], shown["notes"]) == ("first", ["second"])


@pytest.mark.usefixtures("v1")
def test_an_editor_in_which_nothing_was_typed_leaves_nothing_behind(dfer: Dfer, edits) -> None:
    edits("nothing of the kind", "x", exit_code=1)
    assert "your words are kept" not in dfer("sets edit v1").err
    edits("- wrinkled nose", "- crinkled nose", exit_code=1)
    assert "--db" in dfer("sets edit v1").err


@pytest.mark.usefixtures("v1")
def test_a_page_in_a_folder_that_is_not_there_is_a_usage_error(dfer: Dfer) -> None:
    done = dfer("sets diff v1 v1 --html no/x.html")
    assert done.code == 2
    assert "no/x.html: there is no folder no" in done.err


@pytest.mark.usefixtures("v1")
def test_the_same_note_again_says_nothing_new(dfer: Dfer) -> None:
    for _ in range(2):
        dfer("sets note v1", "first")
    assert dfer("sets show v1 --json").json["notes"] == ["first"]
