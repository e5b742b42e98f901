"""The page of a clip as a browser shows it: silent, of any width, accessible."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiments.test_report_browser import _ARGUMENTS, CHROMIUM, REQUIRED, opened
from tests.explain.recognisers import said_as
from tests.explain.shown_pages import drawn_clip, explained

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not REQUIRED, reason=f"{CHROMIUM} is not there: apt install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()


def test_it_is_silent_fits_a_phone_and_axe_finds_nothing_serious(browser, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "clip.html"
    found = said_as(form="each", combine="mean_score")
    clip = drawn_clip("clips/" + "a_very_long_name_without_a_space" * 3 + ".mp4")
    file.write_text(explained(found, clip, temperature=0.05), encoding="utf-8")
    shown = opened(browser, file)
    page = shown.page
    for scheme, width in (("light", 360), ("dark", 1440)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        response = Axe().run(page).response
        assert {"color-contrast", "heading-order"} <= {rule["id"] for rule in response["passes"]}
        serious = [
            (violation["id"], [node["html"][:120] for node in violation["nodes"]][:3])
            for violation in response["violations"]
            if violation["impact"] in ("serious", "critical", "moderate")
        ]
        assert serious == []
    assert [request for request in shown.requests if not request.startswith("data:")] == [shown.address]
    assert shown.complaints == []
