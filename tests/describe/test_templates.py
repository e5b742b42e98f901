"""Prompts: what is refused before anything is sent."""

import pytest

from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.parsing import parse_answer
from dfer.describe.templates import (
    built_in_templates,
    load_template,
    parse_template,
    render,
    render_all,
    render_shorten,
)
from dfer.errors import ContentError, UsageError

MAFW = load_class_set("mafw43")
DFEW = load_class_set("dfew7")
DESCRIBING = [template for template in built_in_templates() if template.form == "describe"]


def shorter(text: str, *, description: str = "wide eyes", max_words: int = 5) -> str:
    """The question of a template with this text for a shorter description of happiness."""
    template = parse_template(name="mine", text=text)
    return render_shorten(template, DFEW.classes[0], DFEW, description=description, max_words=max_words)


@pytest.mark.parametrize("template", DESCRIBING, ids=lambda t: t.name)
def test_a_built_in_prompt_asks_every_class_a_question_of_its_own(template) -> None:
    questions = render_all(template, MAFW)
    assert len(set(questions.values())) == 43
    assert all(c.display in questions[c.name] for c in MAFW.classes)
    assert template.about
    assert template.source


@pytest.mark.parametrize("name", ["dfer-clip", "emoclip"])
def test_a_built_in_prompt_about_one_class_names_no_other_emotion(name: str) -> None:
    question = render_all(load_template(name), load_class_set("mafw11"))["anger"]
    assert not [name for name in load_class_set("mafw11").names if name != "anger" and name in question]


def test_the_contrastive_prompt_names_every_other_class_in_order() -> None:
    question = render_all(load_template("contrastive"), DFEW)["anger"]
    assert "anger apart from each of happiness, sadness, neutral, surprise, disgust, fear?" in question


@pytest.mark.parametrize(
    ("name", "digest"), [("dfer-clip", "pt1:fdcd25f104df338e"), ("emoclip", "pt1:1fa53c28f7af34aa")]
)
def test_a_released_prompt_never_changes_because_its_text_is_part_of_cached_questions(
    name: str, digest: str
) -> None:
    assert load_template(name).hash.startswith(digest)


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
        ("Not {{ others | join(' or ') }}.", "never uses the class"),
        ("{{ class_name }}: {{ description }}", "which dfer does not give"),
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


@pytest.mark.parametrize(
    ("front", "said", "hint"),
    [
        ("about x", "not TOML", ""),
        ('abuot = "x"', "unknown key 'abuot'", "did you mean 'about'?"),
        ('language = "en"', "unknown key 'language'", "about, form, source"),
        ('form = "shorter"', "no form 'shorter'", "did you mean 'shorten'?"),
        ("form = 3", "no form 3", "describe and shorten"),
    ],
)
def test_front_matter_that_dfer_does_not_know_is_refused(front: str, said: str, hint: str) -> None:
    with pytest.raises(ContentError, match=said) as caught:
        parse_template(name="mine", text=f"+++\n{front}\n+++\n{{{{ class_name }}}}?")
    assert hint in caught.value.hint


def test_a_template_sees_the_class_its_components_the_class_set_and_the_other_classes() -> None:
    classes = ClassSet.model_validate(
        {"name": "mine", "classes": ["fear", {"name": "mixed", "display": "glad fear", "components": ["a"]}]}
    )
    text = "{{ class_name }} {{ components }} {{ class_set }} {{ others }}"
    template = parse_template(name="mine", text=text)
    assert template.variables == {"class_name", "components", "class_set", "others"}
    assert render_all(template, classes) == {
        "fear": "fear () mine ('glad fear',)",
        "mixed": "glad fear ('a',) mine ('fear',)",
    }


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}on and on {% endfor %}{% endfor %}",
        "{{ 'on' * 10**9 }}",
        "{{ ([1] * 99999) * 99999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'on' | center(10**9) }}",
        "on and on " * 10_001,
    ],
    ids=lambda body: body[:40],
)
def test_a_prompt_that_renders_without_end_is_refused(body: str) -> None:
    endless = parse_template(name="endless", text="{{ class_name }}" + body)
    with pytest.raises(ContentError, match="prompt endless grows over 100,000 characters for 'happiness'"):
        render_all(endless, DFEW)


def test_a_long_prompt_within_the_limit_is_rendered_and_operators_work_as_ever() -> None:
    body = "{{ 'ab' * 3 ~ (2 ** 3 + 1) ~ 2 * 0.5 ~ (['x'] + ['y']) | join }} " + "long " * 19_000
    question = render_all(parse_template(name="mine", text="{{ class_name }} " + body), DFEW)["anger"]
    assert question.startswith("anger ababab91.0xy long")
    assert len(question) > 95_000


def test_a_prompt_of_the_form_shorten_sees_the_description_and_how_long_it_may_be() -> None:
    question = shorter('+++\nform = "shorten"\n+++\n{{ class_name }}, {{ max_words }}: {{ description }}')
    assert question == "happiness, 5: wide eyes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ class_name }}", "asks for descriptions and cannot shorten one"),
        ('+++\nform = "shorten"\n+++\n{{ class_name }}', "never uses the description"),
        ('+++\nform = "shorten"\n+++\n{{ description }} {{ words }}', "uses words, which dfer does not give"),
        ('+++\nform = "shorten"\n+++\n{% if 0 %}{{ description }}{% endif %}', "renders nothing"),
        ('+++\nform = "shorten"\n+++\n{{ description * 99999 }}', "grows over"),
    ],
)
def test_a_prompt_that_cannot_shorten_a_description_is_refused(text: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        shorter(text)


def test_a_prompt_that_shortens_cannot_ask_for_a_description() -> None:
    for attempt in (lambda t: render(t, DFEW.classes[0], DFEW), lambda t: render_all(t, DFEW)):
        with pytest.raises(ContentError, match="shortens descriptions") as caught:
            attempt(load_template("shorten"))
        assert "--on-overflow ask" in caught.value.hint


def test_an_answer_to_the_contrastive_prompt_is_read_whole() -> None:
    signs = ("brows lowered and drawn together", "lips pressed into a thin line", "wide glaring eyes")
    question = render_all(load_template("contrastive"), DFEW)["anger"]
    answer = "\n".join(f"{number}. {sign}" for number, sign in enumerate(signs, 1))
    assert parse_answer(answer, question=question).descriptors == signs


def test_an_answer_to_the_shorten_prompt_is_read_whole_if_the_description_does_not_count_as_question() -> (
    None
):
    """A short form repeats words of the long one, which must not be taken for an echo of the question."""
    signs = ("lowered brows", "tightened lips", "open eyes including raised upper eyelids")
    instruction = shorter(load_template("shorten").text, description="…")
    parsed = parse_answer(", ".join(signs) + ".", question=instruction)
    assert parsed.descriptors == signs
    assert parsed.ignored == ()


def test_a_prompt_file_is_found_by_its_path(tmp_path) -> None:
    file = tmp_path / "short.j2"
    file.write_text("Face of {{ class_name }}?")
    assert load_template(str(file)).name == "short"
    with pytest.raises(UsageError, match="no prompt") as caught:
        load_template("dfer_clip")
    assert "dfer-clip" in caught.value.hint
