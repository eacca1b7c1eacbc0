"""Kinds of panels: how figures are drawn.

Belongs here: what all panels of a kind have in common, in Grafana's own words ("Inspect", "Panel JSON" shows them).
Does not belong here: what one panel asks (its ``.sql`` file) or where it stands (``dashboard``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"
EMPTY = "Nothing in this time range. Widen it, or choose other values above."

Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """A panel before it has a place: the query that it is about, its size on a grid of 24 columns, and its form."""

    query: str
    kind: str
    width: int
    height: int
    options: Json
    defaults: Json
    overrides: list[Json] = field(default_factory=list)
    is_series: bool = False
    period: str | None = None
    """What stands for ``<period>`` in the query's file: `week` or `month`."""


@dataclass(frozen=True)
class Heading:
    """A line across the dashboard that names the panels below it."""

    title: str


@dataclass(frozen=True)
class Column:
    """A column of a table: its unit and width, from which values or for which words it has a colour, where it leads."""

    unit: str | None = None
    width: int | None = None
    steps: Sequence[tuple[float, str]] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    link: tuple[str, str] | None = None

    def properties(self) -> Json:
        """What Grafana sets for it."""
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
    """The panel of a query that is written once for several periods."""
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
    """Figures over time, as lines, bars or points. ``right_axis`` names series with a unit of their own."""
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
    """A large figure, or one for each row or column. From each step's value on, its colour; columns may have others."""
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
    """A bar for each row, named by the row's text."""
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
    """Rows under named columns. ``heat`` says how columns that are named ``+`` and a number are shaded."""
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
