"""Nothing in a page's data becomes markup or a program, and its policy lets nothing be fetched."""

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import altair as alt
import pytest
from helpers.page import HOSTILE, content, facts, hostile, hostile_rows

from mtdis.reporting.page import charts, scripts
from mtdis.reporting.page.facts import Standing
from mtdis.reporting.page.html import Content, html


class Parsed(HTMLParser):
    """The elements of a page with their attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str | None, str]] = []
        self.words: list[str] = []
        self.inside: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)
        elif self.inside != "style":
            self.words.append(data)

    def handle_endtag(self, _: str) -> None:
        self.inside = None


@cache
def page(which: str) -> tuple[Content, str, Parsed]:
    shown = {"hostile": hostile, "plain": content}[which]()
    text = html(shown)
    return shown, text, Parsed(text)


def test_hostile_texts_stay_texts() -> None:
    _, text, parsed = page("hostile")
    images = [about for tag, about in parsed.elements if tag == "img"]
    assert len(images) == 1, "the figure's own"
    assert not [about for _, about in parsed.elements if any(n.startswith("on") for n in about)]
    assert len(parsed.scripts) == 4
    assert "49" not in re.findall(r"&amp;(\S{2})", text), "no template is made of data"
    assert HOSTILE in "".join(parsed.words)


def test_data_is_read_back_as_it_was() -> None:
    shown, _, parsed = page("hostile")
    kind, data = parsed.scripts[0]
    assert kind == "application/json"
    assert not set("<>&'") & set(data)
    found = json.loads(data)
    assert found["runs"] == shown.runs
    assert found["explorer"]["dimensions"][0]["values"] == hostile_rows().dimensions[0].values


def test_the_policy_names_the_scripts_and_lets_nothing_be_fetched() -> None:
    _, _, parsed = page("plain")
    (policy,) = [
        str(about["content"])
        for tag, about in parsed.elements
        if tag == "meta" and about.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    programs = [script for kind, script in parsed.scripts if kind == "module"]
    assert len(programs) == 3
    hashes = [f"'sha256-{b64encode(sha256(p.encode()).digest()).decode()}'" for p in programs]
    assert rules.pop("script-src") == hashes
    assert rules.pop("style-src") == ["'unsafe-inline'"]
    assert rules.pop("default-src") == ["'none'"]
    assert rules.pop("img-src") == rules.pop("font-src") == ["data:"]
    assert rules == {"base-uri": ["'none'"], "form-action": ["'none'"]}


def test_nothing_is_asked_of_another_file() -> None:
    _, _, parsed = page("plain")
    asked = [about.get("src") for tag, about in parsed.elements if tag in ("script", "img", "link")]
    assert [source for source in asked if source and not source.startswith("data:")] == []


def test_pictures_beside_the_page_may_be_shown() -> None:
    assert "img-src data: 'self' file:;" in scripts.policy([], pictures_beside=True)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert html(content()) == page("plain")[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "No claim was tested"),
        ({"facts": facts(Standing(3, 1, 1, 2, 0))}, "2 missing"),
        ({"facts": facts(Standing(3, 3, 2, 0, 0))}, "2 with diverged networks (counted, never"),
        ({"runs_without": 7, "runs": {"a": {}}}, "7 more finished runs have no details"),
        ({"problems": ["long.csv is damaged"]}, "long.csv is damaged"),
    ],
)
def test_what_is_not_there_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in " ".join(Parsed(html(content(**changes))).words)


def test_a_script_can_not_end_its_element() -> None:
    script = 'const a = "</script><!--<script>"'
    assert "</script" not in scripts.closed(script)
    assert "<!--" not in scripts.closed(script)


def test_another_bundle_than_expected_is_refused() -> None:
    with pytest.raises(ValueError, match="exports no jQuery"):
        scripts.on_window("export{a as ITable}")


def test_the_bundle_is_of_the_version_that_altair_writes() -> None:
    assert alt.SCHEMA_VERSION.removeprefix("v").startswith(f"{scripts.VEGA_LITE}.")


def test_charts_name_their_rows_and_hold_none() -> None:
    for name, spec in charts.specs({"random": "#999999"}).items():
        assert spec["data"] == {"name": "rows"}, name
        assert "datasets" not in spec
