"""Prompts: what is refused before anything is sent."""

import pytest

from dfer.class_sets import load_class_set
from dfer.describe.templates import built_in_templates, load_template, parse_template, render_all
from dfer.errors import ContentError, UsageError

MAFW = load_class_set("mafw43")


@pytest.mark.parametrize("template", built_in_templates(), ids=lambda t: t.name)
def test_a_built_in_prompt_asks_every_class_a_question_of_its_own(template) -> None:
    questions = render_all(template, MAFW)
    assert len(set(questions.values())) == 43
    assert all(c.display in questions[c.name] for c in MAFW.classes)
    assert template.about
    assert template.source


@pytest.mark.parametrize("template", built_in_templates(), ids=lambda t: t.name)
def test_a_built_in_prompt_names_no_emotion_but_the_one_it_asks_for(template) -> None:
    question = render_all(template, load_class_set("mafw11"))["anger"]
    assert not [name for name in load_class_set("mafw11").names if name != "anger" and name in question]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("What does a face look like?", "never uses the class"),
        ("What about {class}?", r"literal text '\{class\}'"),
        ("What about { class } and {{ class_name }}?", "literal text"),
        ("Q: {{ emotion }}", "which dfer does not give"),
        ("{{ class_name", "not a Jinja2 template"),
        ("{% if class_name %}same for all{% endif %}", "the same question"),
        ("{{ class_set }}{{ components[9] }}", "cannot be rendered"),
        ("{{ class_name.__class__.__mro__ }}", "cannot be rendered"),
        ("{% if components %}{{ class_name }}{% endif %}", "renders nothing"),
    ],
)
def test_a_prompt_that_would_waste_calls_is_refused(body: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        render_all(parse_template(name="mine", text=body), MAFW)


def test_front_matter_is_not_sent_but_is_part_of_the_hash() -> None:
    plain = parse_template(name="mine", text="{{ class_name }}?")
    described = parse_template(name="mine", text='+++\nabout = "x"\n+++\n{{ class_name }}?')
    assert render_all(plain, MAFW) == render_all(described, MAFW)
    assert described.about == "x"
    assert plain.hash != described.hash


def test_front_matter_that_is_no_toml_is_an_error() -> None:
    with pytest.raises(ContentError, match="not TOML"):
        parse_template(name="mine", text="+++\nabout x\n+++\n{{ class_name }}?")


def test_a_prompt_file_is_found_by_its_path(tmp_path) -> None:
    file = tmp_path / "short.j2"
    file.write_text("Face of {{ class_name }}?")
    assert load_template(str(file)).name == "short"
    with pytest.raises(UsageError, match="no prompt") as caught:
        load_template("dfer_clip")
    assert "dfer-clip" in caught.value.hint
