"""The page as HTML: everything that comes from data is escaped, every program named by its hash."""

from collections.abc import Mapping
from importlib.resources import files as resources
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from mtdis.reporting.labels import kind_colours, row_label
from mtdis.reporting.page import charts, scripts
from mtdis.reporting.page.answer import Claim
from mtdis.reporting.page.explorer import Explorer
from mtdis.reporting.page.facts import Facts
from mtdis.reporting.page.outputs import Experiment

TEMPLATES = "mtdis.reporting.page"
QUESTION = "Does learning many tasks at once make a network's codes disentangled?"


class Content(NamedTuple):
    """What a page shows."""

    question: str
    verdict: str
    """The sentence above all; empty where no experiment has claims."""
    claims: Mapping[str, list[Claim]]
    """Experiment → its claims, of those that have some."""
    facts: Facts
    experiments: list[Experiment]
    explorer: Explorer | None
    runs: Mapping[str, Mapping[str, Any]]
    """Id → details of a run."""
    runs_without: int
    """Finished runs for whose details the page has no room."""
    problems: list[str]
    pictures_beside: bool


def html(content: Content) -> str:
    """The page as one text, the same for the same content."""
    tables = scripts.data_tables()
    parts = [scripts.vega(), tables.script, read("page.js")]
    programs = [scripts.closed(part) for part in parts]
    return (
        environment()
        .get_template("page.html")
        .render(
            content=content,
            data=as_json(data_of(content)),
            styles=Markup("\n".join([_inert(tables.style), read("page.css")])),
            programs=[Markup(program) for program in programs],
            policy=scripts.policy(programs, content.pictures_beside),
        )
    )


def environment() -> Environment:
    """Jinja with autoescape for whatever is rendered."""
    return Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def data_of(content: Content) -> dict[str, Any]:
    """What the page's program reads."""
    colours = {row_label(kind): colour for kind, colour in kind_colours().items()}
    explorer = content.explorer
    return {
        "charts": charts.specs(colours),
        "colours": colours,
        "explorer": explorer
        and explorer._asdict()
        | {
            "dimensions": [one._asdict() for one in explorer.dimensions],
            "scores": [one._asdict() for one in explorer.scores],
        },
        "runs": content.runs,
    }


def as_json(data: Any) -> Markup:
    """Data as JSON that no text in it can lead out of; ValueError for NaN."""
    return htmlsafe_json_dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def read(name: str) -> str:
    """The text of a template."""
    return resources(TEMPLATES).joinpath("templates", name).read_text(encoding="utf-8")


def _inert(style: str) -> str:
    """Styles that can't end their element early."""
    return style.replace("</", r"<\/")
