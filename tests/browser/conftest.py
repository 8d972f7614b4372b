"""Debian's chromium, and pages of two small studies: an ordinary one, and one of hostile texts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.page import content, hostile, run_with_stages
from playwright.sync_api import Browser, Page, sync_playwright

from mtdis.reporting.page.html import html
from mtdis.reporting.page.pictures import Pictures

CHROMIUM = Path("/usr/bin/chromium")
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective);
});
"""
DRAWN = ("#scores svg", "#parallel svg", "#table tbody tr", "#losses svg", "#correlation svg")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        # without a sandbox: root has none
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both pages."""
    folder = tmp_path_factory.mktemp("pages")
    pictures = Pictures(folder / "plain.html")
    runs = {"a": run_with_stages(pictures)}
    (folder / "plain.html").write_text(html(content(runs=runs)))
    (folder / "hostile.html").write_text(html(hostile()))
    return folder


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, pages: Path) -> Iterator[Opened]:
    """Opens a page and waits for its charts; what it says and asks is on `said` and `asked`."""
    contexts = []

    def open_page(name: str = "plain", width: int = 1280, scheme: Any = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(VIOLATIONS)
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((pages / f"{name}.html").as_uri())
        for place in DRAWN:
            page.wait_for_selector(place, state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
