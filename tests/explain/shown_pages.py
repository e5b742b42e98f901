"""Pages of drawn clips. `python -m tests.explain.shown_pages FOLDER` writes some to be looked at."""

import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from description_store.records import DescriptionSet, Outcome, Run
from dfer.action_units import compound
from dfer.class_sets import ClassSet
from dfer.clips.synthetic.clip_drawing import draw_clip
from dfer.clips.synthetic.identity import draw_identity
from dfer.clips.synthetic.variation import MILD
from dfer.explain.clip_shown import ShownClip
from dfer.explain.explainer import Explainer, make_explainer
from dfer.explain.page import explanation_page
from tests.experiments.report_world import a_run
from tests.explain.recognisers import DFEW, FRAMES, MAFW43, a_recogniser, described, of_parts, said_as


def drawn_clip(name: str = "clips/happy.mp4", *, emotion: str = "happiness", size: int = 64) -> ShownClip:
    identity = draw_identity(random.Random(5))
    drawing = draw_clip(compound([emotion]), identity, seed="5", size=size, frames=12, variation=MILD)
    pictures = [np.asarray(picture, dtype=np.uint8) for picture in drawing.pictures]
    return ShownClip(name=name, frames=pictures, times=[place / 12 for place in range(len(pictures))])


def explained(
    found: DescriptionSet,
    clip: ShownClip,
    *,
    class_set: ClassSet = DFEW,
    run: Run | None = None,
    **options: Any,
) -> str:
    explainer = make_explainer(a_recogniser(found, **options), class_set=class_set)
    return page_of(explainer, clip, run=run)


def page_of(explainer: Explainer, clip: ShownClip, *, run: Run | None = None) -> str:
    places = np.linspace(0, len(clip.frames) - 1, FRAMES).round().astype(int)
    frames = torch.from_numpy(np.stack([clip.frames[place] for place in places]))
    pixels = frames.permute(0, 3, 1, 2).unsqueeze(0).float() / 255  # (1, frames, 3, H, W)
    with torch.no_grad():
        features = explainer.loaded.recogniser.frame_features(pixels)
    return explanation_page(explainer, clip, explainer.explain(features), run=run)


def trained_by(found: DescriptionSet) -> Run:
    """r3, which was trained with these words."""
    first, second = found.class_names[:2]
    outcomes = [Outcome("a", first, first), Outcome("b", second, first)]
    return a_run(3, found, outcomes, fold=2, seed=1)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    clip = drawn_clip()
    notes = ("12 of 29 frames have no box: the face is taken where it was last",)
    pages = {
        "left_out": explained(described(), replace(clip, notes=notes)),
        "parts": explained(said_as(form="each", combine="mean_score"), clip, temperature=0.05),
        "run": explained(described(), clip, recipe="dfer-clip", temperature=0.1, run=trained_by(described())),
        "many": explained(of_parts("average"), clip, class_set=MAFW43),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
