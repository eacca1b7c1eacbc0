"""Every query of Grafana's dashboards, sent as its PostgreSQL plugin would, to a real server as the role that reads."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from user_activity.simulate import simulate
from user_activity_tests.deploy.grafana import Asked, Grafana, panels, sent, variables
from user_activity_tests.orchestration.runs.test_history import settle, settle_with
from user_activity_tests.platform import Platform
from user_activity_tests.postgres import running_server

pytestmark = pytest.mark.long

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dashboards.md"
READER, PASSWORD = "user_activity_reader", "only to read"
FIRST, DAYS, DAYS_AT_ONCE = date(2025, 1, 1), 62, 45
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
RATES = "currency,rate_date,rate\nCAD,2025-01-01,0.7\nEUR,2025-01-01,1.1\nGBP,2025-01-01,1.3\n"
LONG_AGO = (datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC))
RANGED = [asked for asked in panels() if "$__timeFilter" in asked.sql]
PANELS = pytest.mark.parametrize("asked", list(panels()), ids=lambda asked: asked.name)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Any]]:
    """Nine weeks of a messy shop: most of them at once, the rest later; then a run that fails, and checks that do."""
    folder, rates = tmp_path_factory.mktemp("simulated"), tmp_path_factory.mktemp("rates") / "rates.csv"
    rates.write_text(RATES)
    simulate(folder, start=FIRST, days=DAYS, events=2_500, seed=7, messy=0.03)
    with running_server() as server, pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
            patch.setenv(name, "")
        found = Platform(
            tmp_path_factory.mktemp("platform"),
            warehouse="postgres",
            warehouse_url=server.fresh_database("shop"),
            warehouse_reader_password=PASSWORD,
            rates_file=rates,
        )
        drop(found, folder, FIRST, FIRST + timedelta(days=DAYS_AT_ONCE))
        found.run()
        drop(found, folder, FIRST + timedelta(days=DAYS_AT_ONCE), date.max)
        failing = {"status": "fail", "failures": 3, "sql": "select 'e9' as event_key", "message": "Got 3 results"}
        assert not settle_with(found.settings, "event_key_is_unique_in_fct_events", **failing).success
        assert not settle_with(found.settings, "marts.fct_sessions", status="error", message="disk full").success
        assert settle(found.settings).success
        yield found, server


def drop(platform: Platform, folder: Path, since: date, until: date) -> None:
    """Land the simulated files of some days."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        source, day = path.relative_to(folder).parts[:2]
        if since <= date.fromisoformat(day) < until:
            platform.drop(source, date.fromisoformat(day), path.name, path.read_bytes())


@pytest.fixture(scope="module")
def grafana(platform: tuple[Platform, Any]) -> Iterator[Grafana]:
    with closing(psycopg2.connect(platform[1].url("shop", READER, PASSWORD))) as connection:
        connection.autocommit = True
        yield Grafana(connection, (SINCE, datetime.now(UTC)))


@PANELS
def test_a_panel_shows_something_whatever_is_chosen(grafana: Grafana, asked: Asked) -> None:
    for values in grafana.choices(asked.dashboard):
        answer = grafana.show(asked, values)
        assert answer.rows, values
        numbers = answer.of_kind("number")
        assert any(record[name] is not None for record in answer.records() for name in numbers), values


@PANELS
def test_the_columns_fit_the_panel(grafana: Grafana, asked: Asked) -> None:
    answer = grafana.show(asked)
    assert len(answer.columns) == len(answer.names), "two columns have one name"
    assert "?" not in answer.columns.values()
    assert "?column?" not in answer.names
    assert answer.of_kind("number")
    if asked.panel["type"] == "timeseries":
        assert answer.of_kind("time") == ["time"] == answer.names[:1]
        assert answer.of_kind("text") in ([], ["metric"])
        times = [row[0] for row in answer.rows]
        assert None not in times
        assert all(one <= other for one, other in pairwise(times)), "Grafana takes series in the order of time alone"
        keys = Counter((record["time"], record.get("metric")) for record in answer.records())
        assert max(keys.values()) == 1
    elif asked.panel["type"] in ("stat", "bargauge"):
        assert not answer.of_kind("time")
        assert len(answer.of_kind("text")) <= 1, "figures are named by one text"
        assert not answer.of_kind("text") or len(answer.of_kind("number")) == 1


@PANELS
def test_what_is_said_of_a_column_is_said_of_one_that_is_there(grafana: Grafana, asked: Asked) -> None:
    answer = grafana.show(asked)
    names = {
        override["matcher"]["options"]
        for override in asked.panel["fieldConfig"]["overrides"]
        if override["matcher"]["id"] == "byName"
    }
    if "metric" not in answer.names:
        assert names <= set(answer.names)


@pytest.mark.parametrize("asked", RANGED, ids=lambda asked: asked.name)
def test_a_panel_keeps_to_the_time_range(grafana: Grafana, asked: Asked) -> None:
    answer = grafana.show(asked, between=LONG_AGO)
    shown = [value for row in answer.rows for value in row if value not in (None, 0)]
    # Jobs are listed whatever the range; only their failures are counted in it.
    assert not shown or [record["failures in range"] for record in answer.records()] == [0] * len(answer.rows)


@PANELS
def test_a_panel_bears_a_warehouse_without_values_to_choose(grafana: Grafana, asked: Asked) -> None:
    known = variables(asked.dashboard)
    grafana.show(asked, {name: [] for name, variable in known.items() if variable.get("multi")})
    grafana.show(asked, {name: ["it's \\ none"] for name in known})


def test_the_query_that_the_documentation_gives_works(grafana: Grafana) -> None:
    (sql,) = re.findall(r"```sql\n(.+?)```", PAGE.read_text(), re.DOTALL)
    shown = grafana.query(sent(sql, grafana.between, grafana.choices("business")[-1]))
    assert shown.rows
    assert shown.columns == {"time": "time", "metric": "text", "refund": "number"}


@pytest.mark.parametrize(
    ("title", "column"),
    [("Net revenue by week", "metric"), ("Orders by week", "metric"), ("Sales by month", "currency")],
)
def test_currencies_stay_apart(grafana: Grafana, title: str, column: str) -> None:
    currencies = grafana.options(variables("business")["currency"])
    assert len(currencies) > 1
    for currency in currencies:
        found = grafana.shown("business", title, values={"currency": [currency]})
        assert {record[column] for record in found} == {currency}


def test_the_sales_of_weeks_are_those_of_their_orders(grafana: Grafana) -> None:
    expected = grafana.query(
        """with booked as (
            select order_date as day, currency, 1 as orders, gross_revenue - discount as amount
            from marts.fct_orders where is_sale
            union all
            select refund_date, currency, 0, -refund from marts.fct_refunds where is_counted
        )
        select date_trunc('week', day)::date as time, currency as metric, sum(amount) as net_revenue,
            sum(orders) as orders, sum(amount) filter (where orders = 1) / nullif(sum(orders), 0) as order_value
        from booked where date_trunc('week', day) >= '2025-01-01' group by 1, 2 order by 1, 2"""
    ).records()
    assert len(expected) > 8
    for title, figure in (
        ("Net revenue by week", "net_revenue"),
        ("Orders by week", "orders"),
        ("Average order value by week", "order_value"),
    ):
        assert grafana.shown("business", title) == [
            {"time": row["time"], "metric": row["metric"], figure: row[figure]} for row in expected
        ]


def test_the_large_figures_are_those_of_the_facts(grafana: Grafana) -> None:
    (expected,) = grafana.query(
        "select count(*) as orders, count(distinct currency) as currencies from marts.fct_orders where is_sale"
    ).records()
    assert grafana.shown("business", "Orders") == [{"orders": expected["orders"]}]
    values = {record["currency"]: record for record in grafana.shown("business", "Average order value")}
    assert len(values) == expected["currencies"]
    for row in grafana.query(
        "select currency, avg(gross_revenue - discount) as value from marts.fct_orders where is_sale group by currency"
    ).records():
        assert values[row["currency"]]["average order value"] == pytest.approx(row["value"])
    (revenue,) = grafana.shown("business", "Net revenue")
    (booked,) = grafana.query(
        """select
            sum(net_revenue * case currency when 'CAD' then 0.7 when 'EUR' then 1.1 when 'GBP' then 1.3 else 1 end)
        from marts.fct_orders where is_counted"""
    ).rows[0]
    assert revenue["currency"] == "USD"
    assert float(revenue["net revenue"]) == pytest.approx(float(booked), abs=0.01)


def test_one_day_of_a_funnel_is_as_the_metric_says(grafana: Grafana) -> None:
    for (day,) in grafana.query("select distinct entry_date from metrics.funnel order by 1").rows:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        shown = grafana.shown("business", "Conversion by step", between=(start, start + timedelta(hours=1)))
        expected = grafana.query(
            f"""select step, reached_users, conversion_rate, conversion_rate_from_previous,
            mean_seconds_from_previous, median_seconds_from_previous
            from metrics.funnel where funnel = 'purchase' and entry_date = '{day}' order by step"""
        ).rows
        assert [
            (
                record["step"],
                record["users"],
                record["of all who entered"],
                1 if record["step"] == 1 else record["of the step before"],
                record["mean time"],
                record["typical time"],
            )
            for record in shown
        ] == [tuple(value if value is None else pytest.approx(value) for value in row) for row in expected]


@pytest.mark.parametrize("period", ["week", "month"])
def test_retention_stands_where_its_cohort_and_age_meet(grafana: Grafana, period: str) -> None:
    cells = {
        (record["cohort"], age): record[f"+{age}"]
        for record in grafana.shown("business", f"Retention by {period}", values={"cohort": ["recurring"]})
        for age in range(1, 13)
    }
    expected = grafana.query(
        f"""select cohort_start_date::text as cohort, age, retention_rate from metrics.retention
        where period = '{period}' and cohort_type = 'recurring' and cohort_users > 0 and age between 1 and 12
        and cohort_start_date >= '2025-01-01' and retention_rate is not null"""
    ).records()
    assert expected
    assert {(row["cohort"], row["age"]): row["retention_rate"] for row in expected} == {
        key: rate for key, rate in cells.items() if rate is not None
    }


def test_runs_and_checks_are_all_counted(grafana: Grafana) -> None:
    states = Counter(dict(grafana.query("select state, count(*) from audit.pipeline_runs group by 1").rows))
    shown: Counter[str] = Counter()
    for record in grafana.shown("operations", "Runs by state"):
        shown[record["metric"]] += record["runs"]
    assert shown == states
    assert states["failure"] == 2
    assert grafana.shown("operations", "Failed runs") == [{"failed runs": 2}]
    failed = grafana.shown("operations", "Failed checks, in detail")
    assert {("marts.fct_events", "event_key_is_unique_in_fct_events", "error", 3)} <= {
        (record["table"], record["check"], record["severity"], record["failing rows"]) for record in failed
    }
    by_day = grafana.shown("operations", "Checks passed, warned and failed")
    (expected,) = grafana.query(
        """select count(*) filter (where passed), count(*) filter (where not passed and severity = 'warn'),
        count(*) filter (where not passed and severity = 'error') from audit.dq_results"""
    ).rows
    assert tuple(sum(record[name] for record in by_day) for name in ("passed", "warned", "failed")) == expected
    assert min(expected) > 0


def test_the_load_is_what_landed(grafana: Grafana) -> None:
    shown = grafana.shown("operations", "Rows accepted and quarantined")
    expected = grafana.query(
        """select metric_date as time, rows_accepted as accepted, rows_quarantined as quarantined
        from metrics.daily_volumes where files_landed > 0 order by 1"""
    ).records()
    assert shown == expected
    late = sum(record["rows_late"] for record in grafana.shown("operations", "Late rows"))
    assert grafana.query("select sum(rows_late) from metrics.daily_volumes").rows == [(late,)]
    assert late > 0


def test_each_rejected_record_is_shown_under_each_rule_that_it_broke(grafana: Grafana) -> None:
    rules: Counter[str] = Counter()
    for (broken,) in grafana.query("select rules from audit.bad_records").rows:
        rules.update(broken.split(", "))
    shown: Counter[str] = Counter()
    for record in grafana.shown("operations", "Quarantine by rule and state"):
        assert record["records"] == record["open"] + record["replayed"] + record["superseded"]
        shown[record["rule"]] += record["records"]
    assert shown == rules


def test_the_deltas_of_all_runs_are_the_rows_that_are_there(grafana: Grafana) -> None:
    deltas: Counter[str] = Counter()
    for record in grafana.shown("operations", "Row deltas from run to run"):
        assert record["rows after"] - record["rows before"] == record["delta"]
        deltas[record["table"]] += record["delta"]
    for table in ("marts.fct_events", "marts.fct_orders", "metrics.daily_revenue", "metrics.customer_value"):
        assert grafana.query(f"select count(*) from {table}").rows == [(deltas[table],)], table


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit.pipeline_runs (run_id) values ('x')",
        "update metrics.daily_engagement set dau = 0",
        "delete from marts.fct_orders",
        "create table metrics.mine (one integer)",
        "select * from raw.events",
    ],
)
def test_who_asks_may_only_read(grafana: Grafana, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        grafana.query(statement)
