"""The JSON of a dashboard: panels with their positions, variables, and links.

Belongs here: what both dashboards have in common. Does not belong here: how a panel is drawn (``panels``).
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from deploy.grafana.panels import Heading, Json, Panel

QUERIES = Path(__file__).parent / "queries"
COLUMNS = 24
SOURCE: Json = {"type": "grafana-postgresql-datasource", "uid": "user-activity-warehouse"}
TAG = "user-activity"


def dashboard(
    name: str,
    title: str,
    description: str,
    panels: Sequence[Panel | Heading],
    variables: Sequence[Json],
    *,
    since: str,
    refresh: str,
    links: Sequence[Json],
) -> Json:
    """Return a dashboard. Its time zone is UTC: days have no time, and other zones could show the day before."""
    return {
        "uid": f"user-activity-{name}",
        "title": title,
        "description": description,
        "tags": [TAG],
        "timezone": "utc",
        "time": {"from": since, "to": "now"},
        "refresh": refresh,
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": 39,
        "links": list(links),
        "templating": {"list": list(variables)},
        "annotations": {"list": []},
        "panels": list(_placed(name, panels)),
    }


def choice(name: str, label: str, query: str, *, many: bool = True) -> Json:
    """A variable with values from a query. With ``many``, several may be selected (initially all), otherwise one."""
    found: Json = {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "query": query,
        "definition": query,
        "refresh": 1,  # when the dashboard is opened
        "sort": 1,
        "multi": many,
        "includeAll": many,
    }
    if many:
        found["current"] = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return found


def one_of(name: str, label: str, values: Sequence[str], first: str) -> Json:
    """A variable with a fixed list of values."""
    options = [{"selected": value == first, "text": value, "value": value} for value in values]
    current = {"selected": True, "text": first, "value": first}
    return {
        "type": "custom",
        "name": name,
        "label": label,
        "query": ",".join(values),
        "options": options,
        "current": current,
    }


def typed(name: str, label: str, value: str) -> Json:
    """A variable with a text box."""
    current = {"selected": True, "text": value, "value": value}
    return {"type": "textbox", "name": name, "label": label, "query": value, "options": [current], "current": current}


def link(title: str, url: str, *, keeps_time: bool = False) -> Json:
    """A link at the top. With ``keeps_time`` it keeps the time range; otherwise it opens in a new tab."""
    return {
        "type": "link",
        "title": title,
        "url": url,
        "icon": "dashboard" if keeps_time else "external link",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": keeps_time,
        "targetBlank": not keeps_time,
    }


def _placed(name: str, panels: Sequence[Panel | Heading]) -> Iterator[Json]:
    """The JSON of panels, placed from left to right in lines; a line is as high as its highest panel."""
    x = y = line = 0
    for number, panel in enumerate(panels, start=1):
        width = COLUMNS if isinstance(panel, Heading) else panel.width
        height = 1 if isinstance(panel, Heading) else panel.height
        if x + width > COLUMNS:
            x, y, line = 0, y + line, 0
        place = {"x": x, "y": y, "w": width, "h": height}
        x, line = x + width, max(line, height)
        if isinstance(panel, Heading):
            yield {
                "id": number,
                "type": "row",
                "title": panel.title,
                "gridPos": place,
                "collapsed": False,
                "panels": [],
            }
        else:
            yield {"id": number, "gridPos": place, **_drawn(panel, QUERIES / name / f"{panel.query}.sql")}


def _drawn(panel: Panel, file: Path) -> Json:
    title, description, sql = asked(file, panel.period)
    return {
        "type": panel.kind,
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "targets": [
            {
                "refId": "A",
                "datasource": SOURCE,
                "format": "time_series" if panel.is_series else "table",
                "editorMode": "code",
                "rawQuery": True,
                "rawSql": sql,
            }
        ],
        "options": panel.options,
        "fieldConfig": {"defaults": panel.defaults, "overrides": panel.overrides},
    }


def asked(file: Path, period: str | None = None) -> tuple[str, str, str]:
    """Read a query's file; return the panel's title (its first line), description (the next comments) and SQL.

    Raises ``ValueError`` if the file does not begin with two comment lines.
    """
    text = file.read_text()
    lines = (text.replace("<period>", period) if period else text).splitlines()
    comment = list(takewhile(lambda line: line.startswith("-- "), lines))
    if len(comment) < 2:
        raise ValueError(f"{file} must begin with a comment: a line for the title, then a description, then SQL.")
    title, *description = (line.removeprefix("-- ") for line in comment)
    return title, " ".join(description), "\n".join(lines[len(comment) :])
