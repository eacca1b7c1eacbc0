"""Kinds of panels, and how they are drawn.

Belongs here: what all panels of a kind have in common, with Grafana's option names (see "Inspect", "Panel JSON").
Does not belong here: a panel's query (its ``.sql`` file) or position (``dashboard``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"
EMPTY = "Nothing in this time range. Widen it, or choose other values above."

Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """A panel without a position: its query, its size on a grid of 24 columns, and its options."""

    query: str
    kind: str
    width: int
    height: int
    options: Json
    defaults: Json
    overrides: list[Json] = field(default_factory=list)
    is_series: bool = False
    period: str | None = None
    """Replaces ``<period>`` in the query's file: `week` or `month`."""


@dataclass(frozen=True)
class Heading:
    """A heading across the dashboard, for the panels below it."""

    title: str


@dataclass(frozen=True)
class Column:
    """Options of a table column: unit, width, colours by value (``steps``) or by text (``words``), and a link."""

    unit: str | None = None
    width: int | None = None
    steps: Sequence[tuple[float, str]] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    link: tuple[str, str] | None = None

    def properties(self) -> Json:
        """Return Grafana's properties of the column."""
        found: Json = {}
        if self.unit:
            found["unit"] = self.unit
        if self.width:
            found["custom.width"] = self.width
        if self.steps or self.words:
            found["custom.cellOptions"] = {"type": "color-text"}
        if self.steps:
            found["thresholds"] = _thresholds("text", self.steps)
        if self.words:
            words = {word: {"color": colour, "index": index} for index, (word, colour) in enumerate(self.words.items())}
            found["mappings"] = [{"type": "value", "options": words}]
        if self.link:
            found["links"] = [{"title": self.link[0], "url": self.link[1], "targetBlank": True}]
        return found


def by(period: str, panel: Panel) -> Panel:
    """The panel for one period, of a query that is written once for several periods."""
    return replace(panel, period=period)


def timeseries(
    query: str,
    unit: str = "short",
    *,
    width: int = 12,
    height: int = 8,
    style: str = "line",
    stacked: bool = False,
    colours: Mapping[str, str] | None = None,
    right_axis: Mapping[str, str] | None = None,
    **defaults: Any,
) -> Panel:
    """Values over time, as lines, bars or points. ``right_axis`` gives the series with a different unit."""
    custom: Json = {
        "drawStyle": style,
        "lineWidth": 1,
        "fillOpacity": {"line": 10, "bars": 70, "points": 0}[style],
        "pointSize": 6 if style == "points" else 4,
        "showPoints": "always" if style == "points" else "auto",
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    options: Json = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    beside = [
        _by_name(series, {"unit": of, "custom.axisPlacement": "right", "custom.drawStyle": "line"})
        for series, of in (right_axis or {}).items()
    ]
    return Panel(
        query,
        "timeseries",
        width,
        height,
        options,
        {"unit": unit, "color": {"mode": "palette-classic"}, "noValue": EMPTY, "custom": custom, **defaults},
        [*_colours(colours), *beside],
        is_series=True,
    )


def stat(
    query: str,
    unit: str = "short",
    *,
    width: int = 4,
    height: int = 4,
    steps: Sequence[tuple[float, str]] = (),
    base: str = BLUE,
    empty: str = "none",
    but: Mapping[str, Sequence[tuple[float, str]]] | None = None,
    **defaults: Any,
) -> Panel:
    """A large number, or one per row or column. Each step is a colour and the value from which it applies."""
    options: Json = {
        "reduceOptions": {"values": True, "calcs": [], "fields": ""},
        "textMode": "auto",
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "wideLayout": True,
    }
    colour = {"color": {"mode": "thresholds"}, "thresholds": _thresholds(base, steps)}
    own = [_by_name(name, {"thresholds": _thresholds(base, found)}) for name, found in (but or {}).items()]
    return Panel(query, "stat", width, height, options, {"unit": unit, "noValue": empty, **colour, **defaults}, own)


def bars(query: str, unit: str = "short", *, width: int = 8, height: int = 8, **defaults: Any) -> Panel:
    """A bar per row, named by the row's text."""
    options: Json = {
        "reduceOptions": {"values": True, "calcs": [], "fields": ""},
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "text",
        "namePlacement": "auto",
        "showUnfilled": False,
        "sizing": "auto",
        "minVizHeight": 16,
        "maxVizHeight": 40,
    }
    colour = {"color": {"mode": "fixed", "fixedColor": BLUE}}
    return Panel(
        query, "bargauge", width, height, options, {"unit": unit, "min": 0, "noValue": EMPTY, **colour, **defaults}
    )


def table(
    query: str,
    *,
    width: int = 24,
    height: int = 9,
    columns: Mapping[str, Column] | None = None,
    heat: Json | None = None,
) -> Panel:
    """A table. ``heat`` is the colour scale of columns whose names are ``+`` and a number."""
    overrides = [_by_name(name, column.properties()) for name, column in (columns or {}).items()]
    if heat:
        shaded = {"custom.cellOptions": {"type": "color-background", "mode": "basic"}, **heat}
        overrides.append({"matcher": {"id": "byRegexp", "options": r"/^\+\d+$/"}, "properties": _listed(shaded)})
    custom = {"align": "auto", "filterable": True, "inspect": True, "cellOptions": {"type": "auto"}}
    options: Json = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False},
    }
    return Panel(query, "table", width, height, options, {"noValue": EMPTY, "custom": custom}, overrides)


def _by_name(name: str, properties: Json) -> Json:
    return {"matcher": {"id": "byName", "options": name}, "properties": _listed(properties)}


def _listed(properties: Json) -> list[Json]:
    return [{"id": key, "value": value} for key, value in properties.items()]


def _colours(colours: Mapping[str, str] | None) -> list[Json]:
    return [
        _by_name(name, {"color": {"mode": "fixed", "fixedColor": colour}}) for name, colour in (colours or {}).items()
    ]


def _thresholds(base: str, steps: Sequence[tuple[float, str]]) -> Json:
    found = [{"value": None, "color": base}, *({"value": value, "color": colour} for value, colour in steps)]
    return {"mode": "absolute", "steps": found}
