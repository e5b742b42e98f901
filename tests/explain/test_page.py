"""The page of a clip: what it shows, what it says, and that nothing in it can do harm."""

import base64
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import torch

from dfer.describe.controls import control_set
from dfer.errors import ConfigurationError, UsageError
from dfer.explain.clip_shown import ShownClip, thumbnails
from dfer.explain.explainer import make_explainer
from dfer.explain.in_words import decimals_for, signed
from dfer.explain.page import explanation_page
from dfer.explain.writing import explanations_into, page_names
from dfer.predict.prediction import ClipPrediction, SeenFrames, window_prediction
from tests.explain.recognisers import (
    DFEW,
    MAFW43,
    a_recogniser,
    described,
    features,
    of_parts,
    said_as,
    version_2,
    with_words,
)
from tests.explain.shown_pages import drawn_clip, explained, page_of, trained_by

EACH = {"form": "each", "combine": "mean_score"}


def words_of(page: str) -> str:
    """What a reader reads, in a line."""
    body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(body).split())


def table_of(page: str, class_name: str) -> list[list[str]]:
    """The rows of a class's evidence, the head left out."""
    table = page.split(f"Evidence of the descriptors of {class_name}</caption>")[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)[1:]
    return [
        [words_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)]
        for row in rows
    ]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_shares_of_the_page_sum_to_the_score_and_their_leads_to_the_lead_of_the_class() -> None:
    page = explained(said_as(**EACH), drawn_clip(), temperature=0.05)
    scores = [number(score) for score in re.findall(r"\d\u00a0%, score (\S+)</span>", page)]
    assert len(scores) == 7
    average = sum(scores) / 7
    for name, score in zip(re.findall(r"of the descriptors of (\w+)<", page), scores, strict=True):
        *rows, total = table_of(page, name)
        shares, leads = ([number(row[column]) for row in rows] for column in (1, 2))
        assert sum(shares) == pytest.approx(score, abs=0.004)
        assert sum(leads) == pytest.approx(score - average, abs=0.004)
        assert [total[0], number(total[1]), number(total[2])] == [
            "sum",
            pytest.approx(score),
            pytest.approx(score - average, abs=0.002),
        ]
    assert "the shares sum to the score (cosine × 20)" in words_of(page)
    assert "do not add up" not in words_of(page)


def test_left_out_evidence_is_said_not_to_add_up_and_has_no_sum() -> None:
    page = explained(described(), drawn_clip())
    assert "These numbers do not add up to the score" in words_of(page)
    assert [row[0] for row in table_of(page, "fear")] == list(
        next(d.descriptors for d in described().descriptions if d.class_name == "fear")
    )
    assert "beside the context" not in words_of(page)
    trained = explained(described(), drawn_clip(), recipe="dfer-clip")
    assert "beside the context that was learned for it" in words_of(trained)


def test_a_bar_is_as_long_as_its_number_and_points_its_way() -> None:
    page = explained(described(), drawn_clip())
    bars = re.findall(
        r'<i class="(for|against)" style="width:([\d.]+)%">.*?class="number">(\S+?)</td>',
        page,
        flags=re.DOTALL,
    )
    values = [number(value) for _, _, value in bars]
    longest = max(map(abs, values))
    assert max(float(width) for _, width, _ in bars) == 50
    for (way, width, _), value in zip(bars, values, strict=True):
        assert float(width) == pytest.approx(50 * abs(value) / longest, abs=0.1)
        assert value == 0 or way == ("for" if value > 0 else "against")


def test_probabilities_are_those_of_the_recogniser_in_order() -> None:
    explainer = make_explainer(a_recogniser(described(), temperature=0.1), class_set=DFEW)
    evidence = explainer.explain(features(3))
    page = explanation_page(explainer, drawn_clip(), evidence)
    table = page.split("Probability and score of each class</caption>")[1].split("</table>")[0]
    shown = re.findall(r'<th scope="row">(\w+)<.*?class="number">([\d.]+)\u00a0%', table)
    assert shown == [(one.class_name, f"{100 * one.probability:.1f}") for one in evidence]
    assert f"The model says {evidence[0].class_name} ({shown[0][1]} %)" in words_of(page)
    assert "are not calibrated" in words_of(page)


def test_what_a_descriptor_did_is_told_in_a_sentence() -> None:
    explainer = make_explainer(a_recogniser(described()), class_set=DFEW)
    evidence = explainer.explain(features(3))
    most = max(evidence[0].descriptors, key=lambda one: one.evidence or 0)
    assert (most.evidence or 0) > 0
    said = f"Without “{most.descriptor}” the score of {evidence[0].class_name} would be"
    assert f"{said} {most.evidence:.2f} lower." in words_of(
        explanation_page(explainer, drawn_clip(), evidence)
    )


def test_the_only_descriptor_of_a_class_has_a_dash_and_a_reason() -> None:
    page = explained(with_words(described(), {"fear": ("wide eyes",)}), drawn_clip())
    assert table_of(page, "fear") == [["wide eyes", "–"]]
    assert "The only descriptor of this class: without it there is no text to compare with" in words_of(page)


def test_whatever_a_name_or_a_word_holds_it_does_nothing_on_the_page() -> None:
    evil = "<img src=x onerror=alert(1)>\u202e"
    found = with_words(said_as(**EACH), {"fear": ('a "wide" <b>eye</b> & brow', "</table><script>")})
    clip = replace(drawn_clip(), name=f"{evil}.mp4", notes=(evil,))
    page = explained(found, clip, temperature=0.05)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "\\u202e" in page
    assert 'a "wide" <b>eye</b> & brow' in unescape(page)


def test_it_asks_for_nothing_and_is_the_same_for_the_same_clip() -> None:
    page = explained(described(), drawn_clip())
    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', page)
    assert all(src.startswith("data:image/jpeg;base64,") or src == "#main" for src, _ in addresses)
    assert page == explained(described(), drawn_clip())


def test_frames_are_small_pictures_in_order_of_which_a_screen_reader_hears_one_sentence() -> None:
    clip = drawn_clip(size=200)
    shown = thumbnails(clip)
    assert [one.seconds for one in shown] == list(clip.times)
    page = explained(described(), drawn_clip())
    assert f'role="img" aria-label="{len(shown)} frames of the clip, from 0.00 to 0.83 seconds"' in page
    assert page.count('alt=""') == len(shown)


def test_of_many_frames_16_are_shown_and_a_repeated_one_once() -> None:
    frames = [np.full((200, 100, 3), 5 * place, dtype=np.uint8) for place in range(40)]
    shown = thumbnails(ShownClip(name="a", frames=frames, times=[place / 10 for place in range(40)]))
    assert len(shown) == 16
    assert [shown[0].seconds, shown[-1].seconds] == [0.0, 3.9]
    for one in shown:
        data = base64.b64decode(one.address.removeprefix("data:image/jpeg;base64,"))
        pixels = simplejpeg.decode_jpeg(data)
        assert pixels.shape == (96, 48, 3)
        assert abs(int(pixels.mean()) - 50 * one.seconds) < 3
    short = ShownClip(name="a", frames=[frames[0], frames[1], frames[1]], times=[0.0, 0.1, 0.1])
    assert [one.seconds for one in thumbnails(short)] == [0.0, 0.1]


def test_a_model_or_words_that_mean_nothing_are_warned_of() -> None:
    assert "CLIP started from random weights" in words_of(explained(described(), drawn_clip()))
    control = version_2(control_set(described(), DFEW, kind="random", seed=1))
    page = words_of(explained(control, drawn_clip()))
    assert "v2 is a control: it says random words. Evidence for them is what chance looks like." in page


def test_words_that_the_run_was_not_trained_with_are_said_to_be_others() -> None:
    own, others = described(), said_as(form="sentence")
    run = trained_by(own)
    options: dict[str, Any] = {"recipe": "dfer-clip", "run": run}
    told = "r3 was trained with the words of v1, and is told v2's here."
    assert told in words_of(explained(others, drawn_clip(), **options))
    page = words_of(explained(own, drawn_clip(), **options))
    assert "trained with the words" not in page


def test_it_says_where_set_and_recogniser_come_from() -> None:
    found, run = described(), trained_by(described())
    page = words_of(explained(found, drawn_clip(), recipe="dfer-clip", run=run))
    for told in (found.hash, run.spec_hash, run.protocol_hash, "builtin/facs", "dfew, fold 2, seed 1", "r3"):
        assert told in page
    without = words_of(explained(found, drawn_clip(), temperature=0.5))
    assert "the recipe's own but temperature=0.5" in without.replace("frames=3, ", "")
    assert "architecture=tiny" in without
    assert "not about the person" in without


def test_of_43_classes_seven_stand_by_themselves() -> None:
    page = explained(of_parts("average"), drawn_clip(), class_set=MAFW43)
    assert page.count("Evidence of the descriptors of") == 43
    assert "36 less probable classes" in page
    assert len(re.findall(r"<details open>", page)) == 1


def test_several_windows_are_said_to_be_means() -> None:
    explainer = make_explainer(a_recogniser(described()), class_set=DFEW)
    evidence = explainer.explain(features(windows=4))
    page = words_of(explanation_page(explainer, drawn_clip(), evidence, windows=4))
    assert "Scores, probabilities and evidence are means over 4 windows of the clip." in page
    assert f"of the window in which {evidence[0].class_name} is most probable" in page
    assert "windows" not in words_of(page_of(explainer, drawn_clip()))


@pytest.mark.parametrize(
    ("values", "decimals"), [([], 2), ([0.0], 2), ([250.0], 2), ([1.5], 2), ([0.45], 3), ([1e-9], 5)]
)
def test_numbers_have_three_digits_within_reason(values: list[float], decimals: int) -> None:
    assert decimals_for(values) == decimals


def test_signs_are_typographic_and_nothing_has_none() -> None:
    assert [signed(value, 2) for value in (0.314, -1.2, 0.0, -0.001)] == ["+0.31", "−1.20", "0.00", "0.00"]


def test_every_clip_has_a_page_of_its_own_name() -> None:
    clips = ["a/Clip 1.mp4", "b/clip_1.MP4", "b/x", "../..", "c/clip_1.mp4-2", "é.mp4"]
    names = page_names([Path(clip) for clip in clips])
    assert list(names.values()) == [
        "clip_1.mp4.html",
        "clip_1.mp4-2.html",
        "x.html",
        "clip.html",
        "clip_1.mp4-2-2.html",
        "é.mp4.html",
    ]


def predicted(path: Path, *, windows: int = 2) -> ClipPrediction:
    clip = drawn_clip()
    seen = SeenFrames(
        features=features(windows=windows), window=0, times=tuple(clip.times), pictures=tuple(clip.frames)
    )
    return ClipPrediction(
        path=path,
        kind="video",
        windows=tuple(window_prediction(0, 1, torch.zeros(7)) for _ in range(windows)),
        frames=len(clip.frames),
        seen=len(clip.frames),
        seconds=1.0,
        notes=("the video breaks off after frame 81 of 120",),
        evidence=seen,
    )


def test_pages_go_into_the_folder_as_clips_are_predicted(tmp_path: Path) -> None:
    clips = [Path("one/a.mp4"), Path("two/a.mp4")]
    folder = tmp_path / "not" / "there"
    pages = explanations_into(folder, a_recogniser(described()), class_set=DFEW, clips=clips)
    files = [pages.write(predicted(path)) for path in clips]
    assert files == [folder / "a.mp4.html", folder / "a.mp4-2.html"]
    assert "<h1>two/a.mp4</h1>" in files[1].read_text(encoding="utf-8")
    assert "breaks off after frame 81" in files[0].read_text(encoding="utf-8")
    again = files[0].read_text(encoding="utf-8")
    pages.write(predicted(clips[0]))
    assert files[0].read_text(encoding="utf-8") == again


def test_what_cannot_be_explained_is_said_before_there_is_a_folder(tmp_path: Path) -> None:
    loaded = a_recogniser(described(), recipe="linear-probe")
    with pytest.raises(UsageError, match="reads no words"):
        explanations_into(tmp_path / "pages", loaded, class_set=DFEW, clips=[])
    assert not (tmp_path / "pages").exists()


def test_a_folder_that_cannot_be_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"cannot make the folder .*file"):
        explanations_into(tmp_path / "file", a_recogniser(described()), class_set=DFEW, clips=[])
