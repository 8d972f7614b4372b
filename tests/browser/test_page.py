"""The page in a browser: it asks nothing, breaks no rule of its own, can be used by everybody, and
what is chosen on it does what it says.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers.page import HOSTILE
from playwright.sync_api import Page, expect

from .conftest import Opened

pytestmark = pytest.mark.browser
SERIOUS = ("serious", "critical")


def outside(page: Page) -> list[str]:
    """What a page asked beside itself and what lies within it."""
    own = page.url.partition("#")[0]
    return [url for url in page.asked if url != own and not url.startswith(("data:", "blob:"))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1280])
def test_everybody_can_use_it_and_it_asks_nothing(opened: Opened, width: int, scheme: str) -> None:
    page = opened(width=width, scheme=scheme)
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (page.said, page.evaluate("violations"), outside(page)) == ([], [], [])


def test_hostile_texts_do_nothing(opened: Opened) -> None:
    page = opened("hostile")
    for select in ("#metric", "#which", "#factor"):
        assert HOSTILE in (page.locator(select).text_content() or "")
    page.locator("#table thead th").first.click()
    page.get_by_label("Find").fill("script")
    assert HOSTILE in page.locator("#table tbody").inner_text()
    assert page.evaluate("window.stolen") is None
    assert (page.said, page.evaluate("violations"), outside(page)) == ([], [], [])


def test_the_policy_is_in_force(opened: Opened) -> None:
    page = opened()
    refused = "fetch('https://example.org/').then(() => 'answered', () => 'refused')"
    assert page.evaluate(refused) == "refused"
    assert page.evaluate("violations") == ["connect-src"]
    page.evaluate("document.body.append(document.createElement('iframe'))")
    page.evaluate("document.querySelector('iframe').src = 'https://example.org/'")
    assert page.evaluate("violations")[1] == "frame-src"


def test_a_filter_holds_for_chart_lines_and_table(opened: Opened) -> None:
    page = opened()
    expect(page.locator(".dt-info")).to_have_text("1 to 4 of 4 networks")
    expect(page.locator("#scores-note")).to_contain_text("4 points")
    page.locator("#filters").get_by_label("kind").select_option("multi-head")
    expect(page.locator(".dt-info")).to_have_text("1 to 2 of 2 networks")
    expect(page.locator("#scores-note")).to_contain_text("2 points")
    expect(page.locator("#parallel-note")).to_contain_text("2 runs")
    titles = page.locator("#table thead th").all_inner_texts()
    assert not any("kind" in title for title in titles), "it does not vary any more"


def test_the_chart_shows_what_is_chosen(opened: Opened) -> None:
    page = opened()
    expect(page.locator("#scores-note")).to_contain_text("Bands: 5 to 95 %")
    page.locator("#metric").select_option("R² on the test split")
    expect(page.locator("#scores-note")).to_contain_text("Not calibrated")
    page.locator("#x").select_option("seed")
    expect(page.locator("#scores-note")).to_contain_text("n = 1 there is no spread")
    label = page.locator("#scores [role=graphics-document]").get_attribute("aria-label") or ""
    assert label.startswith("R² on the test split by seed.")


def test_the_table_is_sorted_from_the_keyboard(opened: Opened) -> None:
    page = opened()
    head = page.locator("#table thead th", has_text="MIG")
    head.locator("[tabindex='0']").or_(head).last.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    place = page.locator("#table thead th").all_inner_texts().index("MIG") + 1
    values = page.locator(f"#table tbody td:nth-child({place})").all_inner_texts()
    assert values == sorted(values, key=float)


def test_the_slider_moves_every_code(opened: Opened) -> None:
    page = opened()
    frame = page.get_by_role("img", name="code 1")
    before = frame.evaluate("e => e.style.backgroundPosition")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#traversal output")).to_have_text("+1 sd of the code")
    expect(slider).to_have_attribute("aria-valuetext", "+1 sd of the code")
    assert frame.evaluate("e => e.style.backgroundPosition") != before


def test_an_embedding_is_coloured_by_the_chosen_factor(opened: Opened) -> None:
    page = opened()
    page.get_by_label("Colour by factor").select_option("hue")
    expect(page.locator("#embedding-note")).to_contain_text("the class of hue; 40 images of 50")


def test_another_scheme_is_followed_at_once(opened: Opened) -> None:
    page = opened()
    words = page.locator("#scores svg .role-axis-label text").first
    before = words.get_attribute("fill") or ""
    page.emulate_media(color_scheme="dark")
    expect(words).not_to_have_attribute("fill", before)


def test_on_paper_there_is_nothing_to_click(opened: Opened) -> None:
    page = opened()
    page.emulate_media(media="print")
    for hidden in ("header nav", "#filters", ".dt-search"):
        assert not page.locator(hidden).is_visible()
