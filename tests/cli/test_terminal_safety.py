"""What an LLM, a server or a file said is shown, and never steers the terminal."""

import json
import unicodedata
from pathlib import Path

import pytest
from dfer_cli import output
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cli.conftest import Dfer

ESC, BIDI = "\x1b", "\u202e"
STEERING = [
    chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
]
STEERING += ["\u200e", "\u200f", "\u061c", "\u2028", "\u2029", "\ud800", "\udfff"]
STEERING = [character for character in STEERING if character not in "\n\t"]
# What nobody sees: soft hyphens, zero-width and tag characters.
HIDDEN = [
    chr(c) for c in [0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2070), 0xFEFF, *range(0xE0000, 0xE0080)]
]

any_text = st.text(st.characters() | st.sampled_from(STEERING) | st.sampled_from(HIDDEN))


def steers(text: str) -> list[str]:
    return [
        c
        for c in text
        if c in STEERING or c in HIDDEN or (c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs"))
    ]


@given(any_text)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    assert not steers(output.safe(text))


@given(any_text)
def test_everything_else_is_left_alone(text: str) -> None:
    kept = "".join(c for c in text if not steers(c))
    assert output.safe(kept) == kept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb\x00", r"a\x0db\x00"),
        ("\x7f\x9b", r"\x7f\x9b"),
        (BIDI, r"\u202e"),
        ("\ud800", r"\ud800"),
        ("a\u200bb\U000e0041", r"a\u200bb\U000e0041"),
        ("line\n\tnext", "line\n\tnext"),
        ("Überraschung 😮 驚き", "Überraschung 😮 驚き"),
    ],
)
def test_what_steers_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert output.safe(text) == shown


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(STEERING[:-2])))
@example(ESC + BIDI + "\x7f\x85\u2028\u2029\r")
def test_json_steers_nothing_and_reads_back_the_same(text: str) -> None:
    printed = _printed_json({text: text})
    assert not steers(printed)
    assert json.loads(printed) == {"schema_version": 1, text: text}


def test_json_keeps_a_lone_surrogate_as_its_escape() -> None:
    assert r'"\ud800"' in _printed_json({"text": "\ud800"})


def _printed_json(content: dict[str, str]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr(output.sys.stdout, "write", written.append)
        output.print_json(content)
    return "".join(written)


def test_results_notes_warnings_errors_and_tables_all_go_through_it(capsys) -> None:
    output.say(f"say {ESC}[31m")
    output.note(f"note {ESC}]0;title\a")
    output.warn(f"warn {BIDI}")
    output.fail(f"fail {ESC}", f"hint {ESC}")
    output.print_table([f"head{ESC}"], [[f"cell {ESC}[2J{BIDI}"]])
    out, err = capsys.readouterr()
    assert not steers(out + err)
    for shown in (r"say \x1b[31m", r"head\x1b", r"cell \x1b[2J\u202e"):
        assert shown in out
    for shown in (r"note \x1b]0;title\x07", r"warn \u202e", r"fail \x1b", r"hint \x1b"):
        assert shown in err


def test_files_that_hold_control_characters_are_printed_without_them(dfer: Dfer, tmp_path: Path) -> None:
    Path("mine.j2").write_text(f"{{{{ class_name }}}}?{ESC}[2J{BIDI}\n")
    classes = [{"name": "joy", "components": [f"a{ESC}[2J", f"b{BIDI}"]}, "fear"]
    Path("mine.json").write_text(json.dumps({"name": f"set{ESC}", "classes": classes}))
    for command in (
        "prompts show mine.j2",
        "prompts render mine.j2 --classes mine.json",
        "classes show mine.json",
        "prompts render mine.j2 --classes mine.json --class nope",
    ):
        done = dfer(command)
        assert not steers(done.out + done.err)
        assert r"\x1b" in done.out + done.err
    assert dfer("prompts show mine.j2 --json").json["text"] == f"{{{{ class_name }}}}?{ESC}[2J{BIDI}\n"
