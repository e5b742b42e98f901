"""Recognisers of a tiny random CLIP with the built-in author's words, as training would have left them."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from description_store.database import open_store
from description_store.records import DescriptionSet
from dfer.class_sets import ClassSet, load_class_set
from dfer.describe.deriving import compounded, rendered
from dfer.describe.describing import describe
from dfer.describe.editing import edited
from dfer.describe.planning import plan_questions
from dfer.describe.rendering import choose_rendering
from dfer.describe.templates import load_template
from dfer.models.clip_backbone import ClipBackbone, load_clip
from dfer.models.recipes import build_recogniser
from dfer.models.recogniser import VideoRecogniser
from dfer.models.settings import recipe_settings
from dfer.predict.loaded import LoadedRecogniser, load_zero_shot
from dfer.training.fabric import make_fabric
from dfer.training.specification import Precision

DFEW, MAFW43 = load_class_set("dfew7"), load_class_set("mafw43")
FRAMES = 3


@cache
def described(class_set: str = "dfew7") -> DescriptionSet:
    """v1: the built-in author's comma lists."""
    questions = plan_questions(load_class_set(class_set), load_template("dfer-clip"), model="builtin/facs")
    with TemporaryDirectory() as folder, open_store(Path(folder) / "dfer.db") as db:
        return describe(db, questions).description_set


@cache
def said_as(*, form: Any, combine: Any = None, class_set: ClassSet = DFEW) -> DescriptionSet:
    """v2: the same words in another form."""
    rendering = choose_rendering(form=form, combine=combine)
    return version_2(rendered(described(class_set.name), class_set, rendering))


@cache
def of_parts(how: Any, **changes: Any) -> DescriptionSet:
    """v2: 43 classes, of which 32 are made of the words of their parts."""
    return version_2(compounded(described("mafw11"), MAFW43, how=how, **changes))


def version_2(unsaved: DescriptionSet) -> DescriptionSet:
    return unsaved.model_copy(update={"version": 2})


def with_words(found: DescriptionSet, words: dict[str, tuple[str, ...]]) -> DescriptionSet:
    """v2: some classes have these descriptors."""
    return version_2(edited(found, DFEW, words))


def a_recogniser(
    found: DescriptionSet,
    *,
    recipe: str = "zero-shot",
    texts: Sequence[str] | None = None,
    precision: Precision = "fp32",
    state: dict[str, Tensor] | None = None,
    **overrides: Any,
) -> LoadedRecogniser:
    """`texts`: others than the set's. `state`: of another such recogniser; else what training moves is moved
    at random, far enough that anything out of place shows."""
    clip = copy.deepcopy(a_clip())  # a recogniser takes its clip over
    settings = recipe_settings(recipe, {"frames": FRAMES} | overrides)
    texts = tuple(d.text for d in found.descriptions) if texts is None else tuple(texts)
    combine = found.rendering.combine
    recogniser = build_recogniser(
        clip=clip, texts=texts, settings=settings, class_names=found.class_names, combine=combine
    )
    if state is None:
        state = moved(recogniser)
    recogniser.load_trainable_state(state)
    return replace(
        zero_shot(),
        recogniser=recogniser.eval(),
        description_set=found,
        set_name=found.name,
        class_names=found.class_names,
        texts=texts,
        recipe=recipe,
        settings=settings,
        combine=combine,
        fabric=make_fabric(precision, accelerator="cpu"),
        name="zero-shot" if recipe == "zero-shot" else "r3",
        clip=clip,
    )


@cache
def zero_shot() -> LoadedRecogniser:
    return load_zero_shot(described(), overrides={}, architecture="tiny", pretrained=None, accelerator="cpu")


@cache
def a_clip() -> ClipBackbone:
    return load_clip(architecture="tiny", pretrained=None, seed=0)


def moved(recogniser: VideoRecogniser) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(7)
    return {
        name: tensor.detach() + 0.1 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in recogniser.trainable_state().items()
    }


def features(seed: int = 0, *, windows: int = 1) -> Tensor:
    """(windows, frames, embed) of frames that were never seen."""
    return torch.randn(windows, FRAMES, 256, generator=torch.Generator().manual_seed(seed))
