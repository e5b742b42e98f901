"""Sentences around each text: against a plain writing-out of CLIP's zero-shot classifier."""

from functools import cache

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from description_store.records import Combine
from dfer.errors import ContentError, UsageError
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.settings import ZeroShotSettings, recipe_settings
from dfer.models.text_side import plain_text_side
from dfer.models.tokens import clip_tokenizer, encode_descriptions

TEXTS = ["raised cheeks\na wide smile", "a frown", "tears\na lowered gaze\nlips turned down"]
RULES: list[Combine] = ["joined", "mean_embedding", "mean_score", "max_score", "mean_raw"]
TEMPLATES = ["{}", "a photo of a face with {}", "{}: so the face", "I see {} here."]


@cache
def tiny() -> ClipBackbone:
    """One for all: nothing here trains or changes it."""
    return load_clip(architecture="tiny", pretrained=None, seed=0)


@cache
def embedded(text: str) -> Tensor:
    """(embed,): open_clip's own encoder, own tokenizer, one text at a time; not normalised."""
    with torch.no_grad():
        found: Tensor = tiny().model.encode_text(open_clip.SimpleTokenizer()(text))[0]
    return found


def unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


def mean(vectors: list[Tensor]) -> Tensor:
    return torch.stack(vectors).mean(0)


def by_hand(templates: list[str], combine: Combine) -> Tensor:
    """The features of all classes, or of all texts for a rule of scores."""
    features = []
    for text in TEXTS:
        lines = [text] if combine == "joined" else text.split("\n")
        sentences = [[template.replace("{}", line) for template in templates] for line in lines]
        if combine == "mean_raw":
            features.append(unit(mean([embedded(one) for own in sentences for one in own])))
            continue
        of_texts = [unit(mean([unit(embedded(one)) for one in own])) for own in sentences]
        features += [unit(mean(of_texts))] if combine in ("joined", "mean_embedding") else of_texts
    return torch.stack(features)


@settings(max_examples=12, deadline=None)
@given(
    templates=st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=3),
    combine=st.sampled_from(RULES),
)
def test_features_in_all_templates_are_averaged_as_in_zero_shot_imagenet(
    templates: list[str], combine: Combine
) -> None:
    side = plain_text_side(clip=tiny(), texts=TEXTS, combine=combine, templates=templates)
    assert torch.allclose(side(), by_hand(templates, combine), atol=2e-6)
    assert torch.allclose(side().norm(dim=-1), torch.ones(len(side())))


@pytest.mark.parametrize("combine", RULES)
def test_open_clips_own_classifier_has_the_same_features(combine: Combine) -> None:
    texts = ["a wide smile", "a frown"]  # one text a class, so that all rules but mean_raw are its rule
    side = plain_text_side(clip=tiny(), texts=texts, combine=combine, templates=TEMPLATES)
    classifier = open_clip.build_zero_shot_classifier(
        tiny().model,
        tokenizer=open_clip.SimpleTokenizer(),
        classnames=texts,
        templates=[lambda name, template=template: template.replace("{}", name) for template in TEMPLATES],
    )
    same = torch.allclose(side(), classifier.T, atol=2e-6)
    assert same == (combine != "mean_raw")


def test_the_text_alone_is_the_default_to_the_last_bit() -> None:
    for combine in RULES:
        plain = plain_text_side(clip=tiny(), texts=TEXTS, combine=combine)
        alone = plain_text_side(clip=tiny(), texts=TEXTS, combine=combine, templates=["{}"])
        assert torch.equal(plain(), alone())


def test_one_template_is_a_set_whose_texts_say_it_themselves() -> None:
    for combine in RULES:
        said = ["\n".join(f"a face with {line}" for line in text.split("\n")) for text in TEXTS]
        if combine == "joined":
            said = [f"a face with {text}" for text in TEXTS]
        written = plain_text_side(clip=tiny(), texts=said, combine=combine)
        around = plain_text_side(clip=tiny(), texts=TEXTS, combine=combine, templates=["a face with {}"])
        assert torch.equal(written(), around())


@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="<|>"), min_size=1, max_size=12),
    templates=st.lists(
        st.tuples(st.text("abc {0}%$", max_size=8), st.text("abc {0}%$", max_size=8))
        .map("{}".join)
        .filter(lambda template: template.count("{}") == 1),
        min_size=1,
        max_size=3,
    ),
)
def test_a_text_stands_where_the_braces_do_whatever_signs_are_around_them_or_in_it(
    text: str, templates: list[str]
) -> None:
    encoded = encode_descriptions([text, "a frown"], context_length=77, templates=templates)
    sentences = [
        before + one + after
        for one in (text, "a frown")
        for before, after in (template.split("{}") for template in templates)
    ]
    assert encoded == [clip_tokenizer().encode(sentence) for sentence in sentences]


def test_a_text_that_does_not_fit_into_a_template_names_class_and_template() -> None:
    texts = ["a frown", "smile " * 73]
    settings = ZeroShotSettings(templates=("{}", "a photo of {}"))
    with pytest.raises(ContentError) as caught:
        build_recogniser(clip=tiny(), texts=texts, settings=settings, class_names=["anger", "joy"])
    assert caught.value.message == (
        "class 'joy', template 'a photo of {}': the description takes 76 tokens, the budget is 75 "
        "(77 − start − end − 0 context tokens)"
    )
    assert caught.value.hint == "Shorten the description or the template."


@pytest.mark.parametrize("line", ["smile " * 73, "<end_of_text>"])
def test_each_line_of_a_class_must_fit_into_each_template(line: str) -> None:
    with pytest.raises(ContentError, match=r"class 'joy', template 'a photo of \{\}'"):
        plain_text_side(
            clip=tiny(),
            texts=["a frown", f"wide eyes\n{line}"],
            combine="max_score",
            class_names=["anger", "joy"],
            templates=["a photo of {}", "{}"],
        )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["{}", "a photo of {}"], ("{}", "a photo of {}")),
        ("a photo of {}", ("a photo of {}",)),
        ({}, ("{}",)),  # what `--set templates={}` is as JSON
    ],
)
def test_one_template_needs_no_list(said: object, expected: tuple[str, ...]) -> None:
    assert recipe_settings("zero-shot", {"templates": said}).templates == expected


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (["{}", "a photo"], "templates.1"),
        (["{} and {}"], "templates.0"),
        (["{0}"], "templates.0"),
        ([""], "templates.0"),
        ([7], "templates.0"),
        ('["a photo of {}"', "templates"),  # a list whose end was forgotten
        ([], "templates"),
        (None, "templates"),
        ({"a": "{}"}, "templates"),
    ],
)
def test_a_template_without_exactly_one_place_is_refused(said: object, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_settings("zero-shot", {"templates": said})
    assert caught.value.message.startswith(f"setting {where} of zero-shot: ")
    assert "Value error" not in caught.value.message
