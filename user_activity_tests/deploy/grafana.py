"""Grafana, as far as it goes without Grafana: the panels and variables of its files, and the SQL that it would send.

Belongs here: reading the files, what its PostgreSQL plugin puts in the place of macros and variables, and asking.
Does not belong here: what is expected of a panel.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

from psycopg2 import NUMBER, STRING
from psycopg2.extensions import DATE, PYDATETIME

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))}

Range = tuple[datetime, datetime]
Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """A panel with a query, and its dashboard's name."""

    dashboard: str
    panel: Mapping[str, Any]

    @property
    def sql(self) -> str:
        return str(self.panel["targets"][0]["rawSql"])

    @property
    def name(self) -> str:
        return f"{self.dashboard}: {self.panel['title']}"


def panels() -> Iterator[Asked]:
    """Every panel that asks something."""
    for name, dashboard in DASHBOARDS.items():
        yield from (Asked(name, panel) for panel in dashboard["panels"] if panel["type"] != "row")


def panel(dashboard: str, title: str) -> Asked:
    """One of them."""
    return next(asked for asked in panels() if (asked.dashboard, asked.panel["title"]) == (dashboard, title))


def variables(dashboard: str) -> dict[str, Mapping[str, Any]]:
    """The variables of a dashboard, by name."""
    return {variable["name"]: variable for variable in DASHBOARDS[dashboard]["templating"]["list"]}


def sent(sql: str, between: Range, values: Values) -> str:
    """The SQL that reaches the server: first variables are put in, in the browser, then macros, in Grafana's server.

    Of a variable's formats, ``sqlstring`` alone is known here: each value in quotes, separated by commas. As with
    Grafana's own expression, the argument of a macro ends at the first closing bracket.
    """

    def quoted(found: re.Match[str]) -> str:
        return ",".join("'" + value.replace("'", "''") + "'" for value in values[found[1]])

    def macro(found: re.Match[str]) -> str:
        name, column = found.groups()
        since, until = (f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z" for moment in between)
        if name != "__timeFilter" or not column:
            raise ValueError(f"the macro ${name}({column}) is not known here")
        return f"{column} BETWEEN '{since}' AND '{until}'"

    expanded = re.sub(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)", macro, re.sub(r"\$\{(\w+):sqlstring\}", quoted, sql))
    if "$" in expanded:
        raise ValueError(f"something is left to expand in {expanded}")
    return expanded


@dataclass(frozen=True)
class Answer:
    """Rows, and the columns that they have, in order, by kind."""

    columns: dict[str, str]
    names: list[str]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    def of_kind(self, kind: str) -> list[str]:
        return [name for name, found in self.columns.items() if found == kind]


@dataclass(frozen=True)
class Grafana:
    """Its connection to the warehouse, and the range that is looked at."""

    connection: Any
    between: Range

    def query(self, sql: str) -> Answer:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            kinds = {"time": (DATE, PYDATETIME), "number": (NUMBER,), "text": (STRING,)}
            columns = {
                column.name: next(
                    (kind for kind, of in kinds.items() if any(column.type_code == one for one in of)), "?"
                )
                for column in cursor.description
            }
            return Answer(columns, [column.name for column in cursor.description], cursor.fetchall())

    def show(self, asked: Asked, values: Values | None = None, between: Range | None = None) -> Answer:
        """What a panel gets, with all values of its variables unless others are chosen."""
        chosen = {**self.choices(asked.dashboard)[-1], **(values or {})}
        return self.query(sent(asked.sql, between or self.between, chosen))

    def shown(self, dashboard: str, title: str, **more: Any) -> list[dict[str, Any]]:
        return self.show(panel(dashboard, title), **more).records()

    def options(self, variable: Mapping[str, Any]) -> list[str]:
        """What a variable offers."""
        if variable["type"] == "query":
            return [value for (value,) in self.query(variable["query"]).rows]
        return [option["value"] for option in variable["options"]]

    def choices(self, dashboard: str) -> list[dict[str, list[str]]]:
        """Values of a dashboard's variables: each fixed one, with the first value of the found ones, and with all."""
        offered = {name: self.options(variable) for name, variable in variables(dashboard).items()}
        many = {name for name, variable in variables(dashboard).items() if variable.get("multi")}
        fixed = {name: values for name, values in offered.items() if name not in many}
        return [
            dict(zip(fixed, ([value] for value in values), strict=True)) | {name: offered[name][some] for name in many}
            for some in (slice(1), slice(None))
            for values in product(*fixed.values())
        ]
