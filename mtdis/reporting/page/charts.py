"""The charts of a page as Vega-Lite specs without rows: the page puts rows under the name `rows`,
and a size, before it draws them.
"""

from collections.abc import Mapping
from typing import Any

import altair as alt

ROWS = "rows"
OF = alt.datum
PLACE = {"align": "left", "dx": 7, "fontSize": 11}


def specs(colours: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each chart of the page by its name; `colours` are those of kinds, by their labels."""
    charts = {
        "scores": scores(colours),
        "parallel": parallel(),
        "losses": losses(),
        "correlation": correlation(),
        "embedding": embedding(),
    }
    return {name: chart.to_dict(validate=True) for name, chart in charts.items()}


def scores(colours: Mapping[str, str]) -> alt.FacetChart:
    """Seeds as points, means ± sd, null and ceiling where calibrated; a panel per facet.

    Rows have a `role`: seed, mean or band.
    """
    x = alt.X("x:O", sort=None, title="x", axis=alt.Axis(labelAngle=0, labelLimit=140))
    y = alt.Y("value:Q", title="value", scale=alt.Scale(zero=False))
    colour = alt.Color(
        "colour:N",
        sort=None,
        title=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", columns=4, symbolType="square"),
    )
    base = alt.Chart().encode(x=x, xOffset=alt.XOffset("colour:N", sort=None))
    tip = [alt.Tooltip(f"{name}:N") for name in ("x", "colour", "facet", "said")]
    band = (
        base.transform_filter("datum.role === 'band'")
        .mark_bar(opacity=0.35, color="#8aa4c0")
        .encode(y=alt.Y("low:Q"), y2="high:Q", tooltip=tip)
    )
    ceiling = (
        base.transform_filter("datum.role === 'band' && isValid(datum.ceiling)")
        .mark_tick(thickness=2, color="#7a7a7a")
        .encode(y="ceiling:Q", tooltip=tip)
    )
    means = base.transform_filter("datum.role === 'mean'")
    line = base.transform_filter("datum.role === 'mean' && datum.joined").mark_line(strokeWidth=1.4)
    line = line.encode(y=y, color=colour)
    spread = means.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q"), y2="high:Q", color=colour, tooltip=tip
    )
    middle = means.mark_point(shape="square", filled=True, size=70, opacity=1).encode(
        y=y, color=colour, tooltip=tip
    )
    seeds = (
        base.transform_filter("datum.role === 'seed'")
        .mark_point(shape="circle", filled=True, size=34, strokeWidth=1, stroke="#777", opacity=1)
        .encode(y=y, color=colour, tooltip=tip)
    )
    return (
        alt.layer(band, ceiling, line, seeds, spread, middle, data=alt.NamedData(ROWS))
        .properties(width=300, height=240)
        .facet(facet=alt.Facet("facet:N", sort=None, title=None), columns=3)
    )


def parallel() -> alt.LayerChart:
    """A line per run through its values, an axis per field; rows are its points, and the axes'
    ticks in those of role `tick`.
    """
    x = alt.X("axis:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, orient="top"))
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.05, 1.05]))
    base = alt.Chart(alt.NamedData(ROWS)).encode(x=x, y=y)
    lines = (
        base.transform_filter(OF.role == "run")
        .mark_line(strokeWidth=1.2, opacity=0.55)
        .encode(
            detail="run:N",
            color=alt.Color(
                "score:Q", title=None, scale=alt.Scale(scheme="viridis"), legend=alt.Legend()
            ),
            tooltip=[alt.Tooltip("said:N")],
        )
    )
    ticks = base.transform_filter(OF.role == "tick")
    marks = ticks.mark_tick(orient="horizontal", size=10, thickness=1, color="#888")
    # words over lines, on an edge of the ground's colour, which the page sets
    edge = ticks.mark_text(**PLACE, stroke="white", strokeWidth=4, strokeJoin="round")
    words = ticks.mark_text(**PLACE)
    texts = [layer.encode(text="said:N") for layer in (edge, words)]
    return alt.layer(lines, marks, *texts).properties(width="container", height=320)


def losses() -> alt.Chart:
    """The training loss of each network over epochs."""
    return (
        alt.Chart(alt.NamedData(ROWS))
        .mark_line(strokeWidth=1.6, point=alt.OverlayMarkDef(size=14))
        .encode(
            x=alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("loss:Q", title="training loss", scale=alt.Scale(zero=False)),
            color=alt.Color("network:N", sort=None, title="network"),
            tooltip=["network:N", "epoch:Q", alt.Tooltip("loss:Q", format=".4g")],
        )
        .properties(width="container", height=240)
    )


def correlation() -> alt.LayerChart:
    """Absolute rank correlations, codes by factors, with their numbers."""
    base = alt.Chart(alt.NamedData(ROWS)).encode(
        x=alt.X("factor:N", sort=None, title=None, axis=alt.Axis(labelAngle=-35)),
        y=alt.Y("code:O", sort=None, title="code"),
    )
    fields = base.mark_rect().encode(
        color=alt.Color(
            "strength:Q", title="|ρ|", scale=alt.Scale(scheme="viridis", domain=[0, 1])
        ),
        tooltip=["code:O", "factor:N", alt.Tooltip("strength:Q", format=".2f")],
    )
    numbers = base.mark_text(fontSize=11).encode(
        text=alt.Text("strength:Q", format=".2f"),
        color=alt.condition(OF.strength > 0.55, alt.value("#000"), alt.value("#fff")),
    )
    return alt.layer(fields, numbers).properties(width="container", height=240)


def embedding() -> alt.Chart:
    """The points of an embedding, coloured by the class of a factor."""
    return (
        alt.Chart(alt.NamedData(ROWS))
        .mark_circle(size=22, opacity=0.85)
        .encode(
            x=alt.X("x:Q", axis=None, scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(zero=False)),
            color=alt.Color("class:O", title="class", scale=alt.Scale(scheme="viridis")),
            tooltip=["class:O"],
        )
        .properties(width="container", height=380)
    )
