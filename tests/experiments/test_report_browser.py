"""The report as a browser shows it: silent, self-contained, of any width, accessible, and printed whole."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dfer.experiments.report.page import report_page
from tests.experiments.report_world import a_report

CHROMIUM = "/usr/bin/chromium"
REQUIRED = os.environ.get("DFER_REQUIRE_BROWSER") == "1"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not REQUIRED, reason=f"{CHROMIUM} is not there: apt install chromium"
    ),
]


@dataclass
class Shown:
    """An open page, and what it asked for and complained of since it was opened."""

    page: object
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()


def opened(browser, file: Path) -> Shown:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    shown = Shown(page, file.as_uri())
    page.on("request", lambda request: shown.requests.append(request.url))
    page.on("console", lambda message: shown.complaints.append(message.text))
    page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    page.goto(shown.address)
    return shown


@pytest.fixture(scope="module")
def small(browser, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Three sets of seven classes."""
    file = tmp_path_factory.mktemp("small") / "report.html"
    file.write_text(report_page(a_report(3)), encoding="utf-8")
    return opened(browser, file)


@pytest.fixture(scope="module")
def large(browser, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Twelve sets of 43 classes."""
    report = a_report(12, "mafw43", clips=200, folds=1, seeds=2, baseline="v1")
    file = tmp_path_factory.mktemp("large") / "report.html"
    file.write_text(report_page(report), encoding="utf-8")
    return opened(browser, file)


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(small: Shown, large: Shown) -> None:
    for shown in (small, large):
        assert shown.requests == [shown.address]
        assert shown.complaints == []


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_it_is_no_wider_than_the_window_even_with_everything_unfolded(
    small: Shown, large: Shown, width: int
) -> None:
    for shown in (small, large):
        shown.page.set_viewport_size({"width": width, "height": 900})
        assert shown.page.evaluate(_WIDTH) <= width
        shown.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert shown.page.evaluate(_WIDTH) <= width
        shown.page.reload()


_WIDTH = "document.scrollingElement.scrollWidth"


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1440)])
def test_axe_finds_nothing_serious(small: Shown, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    small.page.set_viewport_size({"width": width, "height": 900})
    small.page.emulate_media(color_scheme=scheme)
    small.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(small.page).response
    rules = {rule["id"] for rule in found["passes"]}
    assert {"color-contrast", "landmark-unique", "heading-order", "svg-img-alt"} <= rules
    serious = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]][:3])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical", "moderate")
    ]
    assert serious == []
    small.page.emulate_media(color_scheme="light")
    small.page.reload()


def test_dark_and_light_pages_differ_in_drawings_too(small: Shown) -> None:
    def colours() -> list[str]:
        return [
            small.page.eval_on_selector(selector, f"e => getComputedStyle(e).{property}")
            for selector, property in (("body", "backgroundColor"), ("#differences svg text", "fill"))
        ]

    small.page.emulate_media(color_scheme="light")
    assert colours() == ["rgb(255, 255, 255)", "rgb(29, 34, 40)"]
    small.page.emulate_media(color_scheme="dark")
    assert colours() == ["rgb(20, 24, 29)", "rgb(231, 234, 238)"]
    small.page.emulate_media(color_scheme="light")


def test_tab_reaches_the_skip_link_every_link_every_region_and_every_fold(small: Shown) -> None:
    small.page.set_viewport_size({"width": 1440, "height": 900})
    small.page.reload()
    expected = small.page.evaluate(_REACHABLE)
    reached = []
    for _ in range(expected + 1):
        small.page.keyboard.press("Tab")
        reached.append(small.page.evaluate(_FOCUSED))
    assert reached[0] == "A Skip to the report"
    assert len({name for name in reached if name}) == expected > 40
    assert {name.split()[0] for name in reached if name} == {"A", "SUMMARY", "DIV"}


_REACHABLE = (
    "[...document.querySelectorAll('a, summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility()).length"
)
_FOCUSED = (
    "(e => e === document.body ? '' : `${e.tagName} ${e.getAttribute('aria-label') || e.innerText}`)"
    "(document.activeElement)"
)


def test_the_keyboard_scrolls_a_wide_table(large: Shown) -> None:
    large.page.set_viewport_size({"width": 360, "height": 900})
    region = large.page.locator("[aria-label='Heatmap of recalls']")
    region.focus()
    large.page.keyboard.press("ArrowRight")
    large.page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle(), timeout=5000)


def printed(page) -> bytes:
    """The PDF without its dates."""
    return re.sub(rb"/(CreationDate|ModDate) \([^)]*\)", b"", page.pdf(prefer_css_page_size=True))


def test_paper_has_what_is_folded_away_on_the_screen(small: Shown) -> None:
    small.page.reload()
    folded = small.page.locator("details:not([open])")
    assert folded.count() > 0
    on_paper = printed(small.page)
    assert on_paper.startswith(b"%PDF")
    small.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert len(printed(small.page)) == pytest.approx(len(on_paper), rel=0.002)
    # The measure tells: without the folded parts the file is smaller by far more.
    small.page.evaluate("document.querySelectorAll('details').forEach(d => d.remove())")
    assert len(printed(small.page)) < 0.8 * len(on_paper)
    small.page.reload()


def test_on_paper_cells_keep_their_colours_and_no_table_is_cut_off(small: Shown) -> None:
    small.page.emulate_media(media="print", color_scheme="dark")
    small.page.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins
    assert small.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert small.page.eval_on_selector("td[class^=h]", "e => getComputedStyle(e).printColorAdjust") == "exact"
    too_wide = small.page.evaluate(_TOO_WIDE)
    assert too_wide == []
    small.page.emulate_media(media="screen", color_scheme="light")
    small.page.reload()


_TOO_WIDE = (
    "[...document.querySelectorAll('table, svg.figure')]"
    ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.innerText || e.tagName)"
)
