"""JSON, YAML and plain text: classes with one text or several."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfer.describe.importing import read_words
from dfer.describe.rendering import render
from dfer.errors import ContentError, DferError, UsageError


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes | dict, name: str) -> Path:
        path = tmp_path / name
        if isinstance(content, dict):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_emoclip_s_sentences_stay_whole(file) -> None:
    path = file("anger: A hot face, tight lips, and bared teeth.\nfear: A cold face.\n", "class.yml")
    found = read_words(path)
    assert found.format == "emoclip"
    assert found.words["anger"] == ("A hot face, tight lips, and bared teeth",)
    assert (found.rendering.form, found.rendering.prefix, found.rendering.suffix) == ("list", "", ".")


def test_yaml_is_text_whatever_it_looks_like(file) -> None:
    found = read_words(file("no: yes\n'on': !!python/object:os.system no\n<<: null\n", "x.yaml"))
    assert found.words == {"no": ("yes",), "on": ("no",), "<<": ("null",)}


def test_a_yaml_list_is_told_without_a_suffix(file) -> None:
    found = read_words(file("anger:\n  - tight lips\nfear:\n  - cold skin\n", "words"))
    assert (found.format, found.words["fear"]) == ("descriptors", ("cold skin",))
    found = read_words(file("words = ['anger.', 'fear.']\nclass_names = ['anger', 'fear']\n", "words"))
    assert found.format == "dfer-clip"


def test_a_list_of_sentences_in_yaml_is_averaged(file) -> None:
    found = read_words(file("anger:\n  - It is hot.\n  - It is red.\nfear:\n- It is cold.\n", "x.yml"))
    assert found.words["anger"] == ("It is hot", "It is red")
    assert (found.rendering.form, found.rendering.combine) == ("each", "mean_embedding")


def test_menon_s_descriptors_become_texts_of_their_own(file) -> None:
    content = {"anger": ["- tight lips", "2. red skin"], "fear": ["cold skin", "hair that stands on"]}
    found = read_words(file(content, "d.json"))
    assert found.format == "descriptors"
    assert found.words["anger"] == ("tight lips", "red skin")
    text = render(found.words["fear"], display="fear", rendering=found.rendering)
    assert text == "fear, which has cold skin\nfear, which has hair that stands on"
    assert found.rendering.combine == "mean_score"
    assert found.warnings == ("fear: looks cut off: 'hair that stands on'",)


def test_descriptors_that_their_project_would_word_otherwise_are_named(file) -> None:
    found = read_words(file({"anger": ["a red face"], "fear": ["cold skin"]}, "d.json"))
    assert "before 1 of the descriptors ('a red face')" in found.warnings[0]


def test_cupl_s_sentences_are_averaged_and_lone_full_stops_left_out(file) -> None:
    content = {"anger": ["A hot face is red.", "."], "fear": ["A cold face is pale."]}
    found = read_words(file(content, "d.json"))
    assert found.format == "sentences"
    assert found.words == {"anger": ("A hot face is red",), "fear": ("A cold face is pale",)}
    assert found.rendering.suffix == "."
    assert found.warnings == ("anger: left out, having no words: '.'",)


def test_the_format_can_be_said(file) -> None:
    content = {"anger": ["A hot face is red."], "fear": ["A cold face is pale."]}
    path = file(content, "d.json")
    assert read_words(path, format="descriptors").rendering.combine == "mean_score"
    with pytest.raises(UsageError) as caught:
        read_words(path, format="toml")
    assert "classify_by_description" in caught.value.hint
    with pytest.raises(UsageError, match="no variables"):
        read_words(path, variable="x")


def test_plain_lines_with_comments_a_mark_and_windows_line_ends(file) -> None:
    content = "\ufeff# words\r\n\r\nanger: tight lips, red skin, and bared teeth.\r\nfear : a cold: face.\r\n"
    found = read_words(file(content, "words.txt"))
    assert found.format == "plain"
    assert found.words == {"anger": ("tight lips", "red skin", "bared teeth"), "fear": ("a cold: face",)}


def test_several_plain_lines_of_a_class_add_descriptors(file) -> None:
    found = read_words(file("anger: tight lips\nfear: cold skin\nanger: red skin and bared teeth\n", "w.txt"))
    assert found.words == {"anger": ("tight lips", "red skin", "bared teeth"), "fear": ("cold skin",)}
    assert (found.rendering.form, found.rendering.suffix) == ("list", "")


def test_a_line_without_a_class_is_named(file) -> None:
    with pytest.raises(ContentError, match="line 2: expected `class: text`, found 'tight lips'"):
        read_words(file("anger: red\ntight lips\n: x\n", "w.txt"), format="plain")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", '{"anger": ["a"], "anger": ["b"]}', "'anger' is there twice"),
        ("x.yml", "anger: a\nanger: b\n", "'anger' is there twice"),
        ("x.json", '{"anger": [], "fear": ""}', "anger: has no description\n  fear: has no description"),
        (
            "x.json",
            '{"anger": [1]}',
            "expected a text or a list of texts, found the number 1 in its list",
        ),
        ("x.json", '{"anger": NaN}', "found the number nan"),
        ("x.json", '{"anger": {"brow": "low"}}', "anger: .*found a mapping"),
        ("x.json", '{"anger": [["low"]]}', "anger: .*found a list in its list"),
        ("x.json", '{"anger": null}', "anger: .*found nothing"),
        ("x.json", '{"anger": true}', "anger: .*found true"),
        ("x.json", '["anger"]', "expected an object from class names"),
        ("x.json", "{}", "no class is described"),
        ("x.json", '{"anger": "a\\u200bb"}', "cannot be printed"),
        ("x.json", '{"anger": "\\ud800"}', "anger: "),
        ("x.json", '{"anger": "a", " anger": "b"}', "anger: is there twice"),
        ("x.json", '{"": "a"}', "'' is no class name"),
        ("x.json", "{", "is no JSON"),
        ("x.json", '{"a":' * 100_000, "is no JSON"),
        ("x.json", '{"dfer_export": 1}', "an export of dfer itself"),
        ("x.txt", '{"dfer_export": 1}', "an export of dfer itself"),
        ("x.yml", "classes:\n  anger: [a]\n", "as dfer writes it"),
        ("x.yml", "a: &a [*a]\n", "is no YAML"),
        ("x.yml", "- anger\n", "expected a mapping"),
        ("x.yml", "? [a]\n: b\n", "is no YAML"),
        ("x.yml", 'a: "\\UFFFFFFFF"\n', "is no YAML"),
        ("x.yml", "a: " + "[" * 5000, "is no YAML"),
        ("x.txt", "nothing of the kind\n", "no description file of a format that dfer knows"),
        ("x.txt", "", "no description file of a format"),
        ("x.txt", "a\0b", "null bytes"),
        ("x.txt", b"anger: \xff", "not UTF-8 text: byte 7 is 0xff"),
        ("x.txt", b"a" * (2 * 2**20 + 1), "larger than 2 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(file, name: str, content, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        read_words(file(content, name))


def test_aliases_that_multiply_are_harmless(file) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(ContentError, match=r"a1: .*found a list in its list"):
        read_words(file("\n".join(lines), "bomb.yml"))


def test_no_file_no_reading(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", Path("a\0b")):
        with pytest.raises(UsageError):
            read_words(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is no file"):
        read_words(tmp_path / "pipe")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.text(st.sampled_from("a: \n\t-[]{}\"'=,.#&*!|>%@`\\u0é\u2028"), max_size=60),
    st.sampled_from(["x.py", "x.json", "x.yml", "x.txt"]),
)
def test_any_text_is_read_or_refused_for_people(file, text: str, name: str) -> None:
    try:
        found = read_words(file(text, name))
    except DferError:
        return
    assert all(found.words.values())
