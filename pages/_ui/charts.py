"""The charts of the sync health page: how each is drawn. What it says in words, and its table, belong to the page.

Text and lines take the page's own colour (`currentColor`) and marks the palette of `.streamlit/config.toml`, so that a
chart is right in the light and in the dark. Nothing is told by colour alone.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

import altair as alt
import pandas as pd
import streamlit as st

Drawing: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

_DAY_ZERO: Final = date(1970, 1, 1).toordinal()
_INK: Final = "currentColor"
_SAY_DAY: Final = "utcFormat(datum.value * 864e5, '%-d %b')"
_LABEL_WIDTH: Final = 17
_STRIP_FILLED: Final = 0.72
_LINE_HEIGHT: Final = 14


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of a chart of several, each on a scale of its own. `band` is what was expected, where that is known.

    `said` is what its label says of the latest value; `is_odd` marks the values that are out of the ordinary;
    `leads_to` are the addresses that the values are clicked through to.
    """

    label: str
    said: str
    values: Sequence[float | None]
    bands: Sequence[tuple[float, float] | None] = ()
    is_odd: Sequence[bool] = ()
    is_from_zero: bool = True
    leads_to: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar, from `start` on; `place` is its bar, `layer` what it is a piece of, `told` its explanation.

    `leads_to` is the address that it is clicked through to.
    """

    place: str
    layer: str
    start: float
    length: float
    told: str
    leads_to: str | None = None


def show_chart(chart: Drawing, description: str) -> None:
    """Draw a chart, with what it shows for those who cannot see it."""
    styled = (
        chart.properties(description=description)
        .configure_axis(
            labelColor=_INK, titleColor=_INK, domainColor=_INK, tickColor=_INK, gridColor=_INK,
            gridOpacity=0.12, domainOpacity=0.4, tickOpacity=0.4,
            labelFontSize=12, titleFontSize=12, titleFontWeight=400,
        )
        .configure_legend(
            labelColor=_INK, labelFontSize=12, labelLimit=300, title=None, orient="top", columns=3, symbolStrokeWidth=0
        )
        .configure_view(strokeWidth=0)
    )  # fmt: skip
    st.altair_chart(styled, width="stretch")


def make_stacked_bars(bars: Sequence[Bar], layers: Sequence[str], place_labels: dict[str, str], title: str) -> Drawing:
    """Upright bars, one beside the other, each of the same layers from bottom to top."""
    frame = pd.DataFrame([{"place": bar.place, "layer": bar.layer, "length": bar.length, "told": bar.told,
                           "order": layers.index(bar.layer), "leads_to": bar.leads_to} for bar in bars])  # fmt: skip
    places = list(dict.fromkeys(bar.place for bar in bars))
    x_axis = alt.Axis(
        values=_spread(places), labelExpr=f"({json.dumps(place_labels)})[datum.value]", labelAngle=0, labelOverlap=True
    )
    chart: Drawing = (
        alt.Chart(frame, height=320)
        .mark_bar(aria=False, cursor="pointer")
        .encode(
            x=alt.X("place:N", sort=places, title=None, axis=x_axis),
            y=alt.Y("length:Q", title=title),
            color=alt.Color("layer:N", sort=list(layers), scale=alt.Scale(domain=list(layers), range="category")),
            order="order:Q",
            tooltip=alt.Tooltip("told:N", title=" "),
            href="leads_to:N",
        )
    )
    return chart


def make_strips(strips: Sequence[Strip], days: Sequence[date], noun: str) -> Drawing:
    """Small lines one under the other over the same days, each with its expected band and its odd values."""
    frame = pd.DataFrame(
        [row for place, strip in enumerate(strips) for row in _rows_of_strip(place, strip, days, noun)]
    )
    middle = _STRIP_FILLED / 2
    places = {middle - place: [*wrap(strip.label), strip.said] for place, strip in enumerate(strips)}
    y_axis = _label_axis(places, values=list(places), grid=False)
    height = max(90, 52 * len(strips) + 30)
    y_scale = alt.Scale(domain=[-(len(strips) - 1) - 0.14, 0.86], nice=False, zero=False)
    base = alt.Chart(frame, height=height).encode(
        x=alt.X("day:Q", title=None, scale=_scale_of(days), axis=_day_axis(days)), detail="place:N", href="leads_to:N"
    )
    y = alt.Y("value:Q", title=None, axis=y_axis, scale=y_scale)
    told = alt.Tooltip("told:N", title=" ")
    band = base.mark_area(opacity=0.22, aria=False, color=_INK).encode(
        y=alt.Y("low:Q", axis=y_axis, scale=y_scale), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=1.8, aria=False, point={"size": 14}).encode(y=y, tooltip=told)
    odd = (
        base.mark_point(shape="diamond", size=110, strokeWidth=2, aria=False, filled=False, color=_INK)
        .transform_filter("datum.odd")
        .encode(y=y, tooltip=told)
    )
    return alt.layer(band, line, odd)


def make_state_map(
    states: Iterable[tuple[str, date, str, str, str | None]],
    places: Sequence[str],
    days: Sequence[date],
    order: Sequence[str],
) -> Drawing:
    """Days beside each other and places below each other.

    `states`: place, day, state, explanation, and the address that it is clicked through to.
    `order`: the states from the good one to the worst; each but the first also has a shape of its own.
    """
    frame = pd.DataFrame(
        [
            {"place": place, "day": _number(day), "state": state, "told": told, "leads_to": leads_to}
            for place, day, state, told, leads_to in states
        ]
    )
    numbers = [_number(day) for day in days]
    base = alt.Chart(frame, height=32 * len(places) + 20).encode(
        x=alt.X(
            "day:O", title=None, scale=alt.Scale(domain=numbers, paddingInner=0.12),
            axis=alt.Axis(values=_spread(numbers), labelExpr=_SAY_DAY, labelAngle=0, labelOverlap=True),
        ),
        y=alt.Y(
            "place:N", sort=list(places), title=None, scale=alt.Scale(paddingInner=0.16),
            axis=_label_axis({place: wrap(place) for place in places}),
        ),
        tooltip=alt.Tooltip("told:N", title=" "),
        href="leads_to:N",
    )  # fmt: skip
    good, behind, failed, never = order
    # Places in the palette of config.toml: what is between them is not used, and has no name.
    domain = [good, " ", failed, behind, "  ", "   ", never]
    legend = alt.Legend(title=None, values=list(order), symbolSize=120, symbolStrokeWidth=1, columns=2)
    colour = alt.Color("state:N", scale=alt.Scale(domain=domain, range="category"), legend=legend)
    shapes = ["square", "square", "cross", "triangle-up", "square", "square", "circle"]
    shape = alt.Shape("state:N", scale=alt.Scale(domain=domain, range=shapes), legend=legend)
    cells = base.mark_rect(aria=False, cursor="pointer").encode(
        color=colour, opacity=alt.condition(f"datum.state == '{good}'", alt.value(0.35), alt.value(1))
    )
    marks = (
        base.mark_point(filled=True, size=50, opacity=1, aria=False, stroke="black", strokeWidth=1.4)
        .transform_filter(f"datum.state != '{good}'")
        .encode(shape=shape, color=colour)
    )
    return alt.layer(cells, marks)


def make_lying_bars(
    bars: Sequence[Bar],
    places: Sequence[str],
    layers: Sequence[str],
    title: str,
    said: dict[str, str],
    *,
    is_counted: bool = False,
) -> Drawing:
    """Bars from left to right, one below the other, each with what is said of it at its end.

    If `is_counted`, the axis has whole numbers alone.
    """
    frame = pd.DataFrame(
        [{"place": bar.place, "layer": bar.layer, "start": bar.start, "end": bar.start + bar.length, "told": bar.told,
          "leads_to": bar.leads_to} for bar in bars]
    )  # fmt: skip
    end_of = {place: max((b.start + b.length for b in bars if b.place == place), default=0.0) for place in said}
    ends = pd.DataFrame([{"place": place, "end": end_of[place], "said": text} for place, text in said.items()])
    row_height = 12 + _LINE_HEIGHT * max(2, *(len(wrap(place)) for place in places), 0)
    longest = max([0.001, *(bar.start + bar.length for bar in bars)])
    axis = _label_axis({place: wrap(place) for place in places})
    y = alt.Y("place:N", sort=list(places), title=None, axis=axis, scale=alt.Scale(domain=list(places)))
    scale = alt.Scale(domain=[0, longest * 1.45], nice=False)
    legend = alt.Legend(title=None) if len(layers) > 1 else None
    colours = alt.Scale(domain=list(layers), range="category")
    ticks = alt.Axis(tickCount=6, tickMinStep=1, format="d") if is_counted else alt.Axis(tickCount=6)
    pieces = (
        alt.Chart(frame, height=row_height * len(places) + 60)
        .mark_bar(aria=False, height=16)
        .encode(
            y=y, x=alt.X("start:Q", title=title, scale=scale, axis=ticks), x2="end:Q",
            color=alt.Color("layer:N", scale=colours, sort=list(layers), legend=legend),
            tooltip=alt.Tooltip("told:N", title=" "), href="leads_to:N",
        )
    )  # fmt: skip
    texts = (
        alt.Chart(ends)
        .mark_text(align="left", dx=6, color=_INK, aria=False, fontSize=12)
        .encode(y=y, x=alt.X("end:Q", scale=scale, title=title), text="said:N")
    )
    return alt.layer(pieces, texts)


def _label_axis(names: dict[Any, list[str]], **more: Any) -> alt.Axis:
    """An axis at the left whose labels have several lines, in the middle of what they name."""
    say = f"({json.dumps({str(value): lines for value, lines in names.items()})})[datum.value]"
    shifts = [
        {"test": f"({say}).length == {count}", "value": -_LINE_HEIGHT / 2 * (count - 1)}
        for count in sorted({len(lines) for lines in names.values()} - {1})
    ]
    if shifts:
        more["labelOffset"] = {"condition": shifts, "value": 0}
    return alt.Axis(
        labelExpr=say, labelLimit=0, labelOverlap=False, labelLineHeight=_LINE_HEIGHT, ticks=False, domain=False, **more
    )


def wrap(text: str) -> list[str]:
    """A label on as many lines as it needs beside a narrow chart."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _LABEL_WIDTH:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _rows_of_strip(place: int, strip: Strip, days: Sequence[date], noun: str) -> Iterable[dict[str, Any]]:
    edges = [edge for band in strip.bands if band for edge in band]
    known = [value for value in strip.values if value is not None] + edges
    low, high = min(known, default=0.0), max(known, default=1.0)
    low = 0.0 if strip.is_from_zero else low
    height = (high - low) or 1.0

    def put(value: float | None) -> float | None:
        return None if value is None else (value - low) / height * _STRIP_FILLED - place

    for position, (day, value) in enumerate(zip(days, strip.values, strict=True)):
        band = strip.bands[position] if strip.bands else None
        is_odd = bool(strip.is_odd) and strip.is_odd[position]
        usual = f", usually {band[0]:,.0f} to {band[1]:,.0f}" if band else ""
        yield {
            "place": place,
            "day": _number(day),
            "value": put(value),
            "low": put(band[0]) if band else None,
            "high": put(band[1]) if band else None,
            "odd": is_odd and value is not None,
            "leads_to": strip.leads_to[position] if strip.leads_to else None,
            "told": f"{strip.label}, {day.day} {day:%b %Y}: {value or 0:,.0f} {noun}{usual}",
        }


def _number(day: date) -> int:
    return day.toordinal() - _DAY_ZERO


def _scale_of(days: Sequence[date]) -> alt.Scale:
    return alt.Scale(domain=[_number(days[0]) - 0.5, _number(days[-1]) + 0.5], nice=False)


def _day_axis(days: Sequence[date]) -> alt.Axis:
    numbers = _spread([_number(day) for day in days])
    return alt.Axis(values=numbers, labelExpr=_SAY_DAY, labelAngle=0, labelOverlap=True, grid=True)


def _spread(places: Sequence[Any]) -> list[Any]:
    """A few of many places, evenly, the last among them: those that get a label."""
    step = max(1, round(len(places) / 6))
    return list(reversed(list(reversed(places))[::step]))
