"""From a file on disk to its page, through `predict_clips`."""

from pathlib import Path

import pytest

from dfer.clips.synthetic.clip_writer import write_jpegs
from dfer.explain.writing import explanations_into
from dfer.faces.face_source import AlreadyCropped
from dfer.predict.predicting import predict_clips
from dfer.predict.prediction import ClipPrediction
from dfer.predict.windows import Windowing
from tests.explain.recognisers import DFEW, a_recogniser, said_as
from tests.explain.shown_pages import drawn_clip


@pytest.mark.parametrize(("windowing", "windows"), [(Windowing(), 1), (Windowing(seconds=0.4), 5)])
def test_a_page_explains_the_very_scores_that_were_predicted(
    tmp_path: Path, windowing: Windowing, windows: int
) -> None:
    clip = tmp_path / "smile"
    write_jpegs(clip, drawn_clip().frames)
    loaded = a_recogniser(said_as(form="each", combine="mean_score"), temperature=0.05)
    pages = explanations_into(tmp_path / "pages", loaded, class_set=DFEW, clips=[clip])
    ((_, found),) = predict_clips(
        loaded, [clip], faces=AlreadyCropped(), fps=10, windowing=windowing, keep_seen=True
    )
    assert isinstance(found, ClipPrediction)
    assert len(found.windows) == windows
    assert found.evidence is not None
    told = {one.class_name: one for one in pages.explainer.explain(found.evidence.features)}
    for place, name in enumerate(loaded.class_names):
        assert told[name].score == pytest.approx(found.scores[place], abs=1e-4)
        assert told[name].probability == pytest.approx(found.probabilities[place], abs=1e-5)
    page = pages.write(found).read_text(encoding="utf-8")
    assert f"The model says {loaded.class_names[found.best]}" in page
    assert page.count("data:image/jpeg") == len(found.evidence.times)
