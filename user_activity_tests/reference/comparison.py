"""A table of the warehouse beside its reference: row for row, counts and money exactly, quotients to nine digits."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from user_activity_tests.reference import attribution, customers, engagement, funnels, products, revenue, sessions
from user_activity_tests.reference.facts import Facts, read_table, records

SHOWN = 5


@dataclass(frozen=True)
class Reference:
    """A table, the columns that make a row of it, and how to compute it again."""

    table: str
    key: tuple[str, ...]
    compute: Callable[[Facts], pd.DataFrame]


REFERENCES = (
    Reference("intermediate.int_user_days", ("user_id", "event_date"), engagement.int_user_days),
    Reference("marts.fct_sessions", ("user_id", "session_id", "started_at", "is_bot"), sessions.fct_sessions),
    Reference("marts.fct_orders", ("order_id",), attribution.fct_orders),
    Reference("marts.fct_conversions", ("session_key",), funnels.fct_conversions),
    Reference("metrics.daily_engagement", ("activity_date",), engagement.daily_engagement),
    Reference("metrics.user_lifecycle", ("period", "period_start_date"), engagement.user_lifecycle),
    Reference("metrics.retention", ("period", "cohort_type", "cohort_start_date", "age"), engagement.retention),
    Reference("metrics.user_weekly_activity", ("user_id", "week_start_date"), engagement.user_weekly_activity),
    Reference(
        "metrics.stickiness_distribution",
        ("period", "period_start_date", "active_days"),
        engagement.stickiness_distribution,
    ),
    Reference("metrics.funnel", ("funnel", "entry_date", "step"), funnels.funnel),
    Reference("metrics.daily_revenue", ("revenue_date", "category", "channel", "currency"), revenue.daily_revenue),
    Reference(
        "metrics.channel_attribution",
        ("order_date", "attribution_model", "channel", "currency"),
        attribution.channel_attribution,
    ),
    Reference("metrics.payment_summary", ("revenue_date", "payment_method", "currency"), revenue.payment_summary),
    Reference(
        "metrics.product_performance", ("activity_date", "product_key", "currency"), products.product_performance
    ),
    Reference(
        "metrics.customer_product_summary",
        ("user_id", "product_key", "currency"),
        products.customer_product_summary,
    ),
    Reference("metrics.review_product_summary", ("product_key",), products.review_product_summary),
    Reference("metrics.session_summary", ("session_date", "channel", "device", "currency"), sessions.session_summary),
    Reference("metrics.customer_value", ("user_id", "currency"), customers.customer_value),
)


def difference(reference: Reference, facts: Facts) -> str:
    """What a table and its reference do not share, for a person to read; empty where they agree."""
    actual = read_table(facts.settings, reference.table)
    return compare(reference.table, reference.key, reference.compute(facts), actual)


def compare(table: str, key: tuple[str, ...], expected: pd.DataFrame, actual: pd.DataFrame) -> str:
    """What two frames do not share in the columns of the expected one; empty where they agree."""
    absent = [name for name in expected.columns if name not in actual.columns]
    if absent:
        return f"{table} has no {', '.join(absent)}"
    ours, theirs = (_by_key(records(frame[list(expected.columns)]), key) for frame in (expected, actual))
    found = [f"twice: {_named(key, row)}" for row in theirs if len(theirs[row]) > 1][:SHOWN]
    missing, unexpected = ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
    found += [f"not in the table: {_named(key, row)} {ours[row][0]}" for row in list(missing)[:SHOWN]]
    found += [f"only in the table: {_named(key, row)} {theirs[row][0]}" for row in list(unexpected)[:SHOWN]]
    columns: Counter[str] = Counter()
    for row in ours.keys() & theirs.keys():
        for name, expected_value in ours[row][0].items():
            if not equal(expected_value, theirs[row][0][name]):
                columns[name] += 1
                if columns[name] <= SHOWN:
                    found.append(f"{_named(key, row)}: {name} is {theirs[row][0][name]!r}, not {expected_value!r}")
    if not found:
        return ""
    counts = [f"{len(ours)} rows expected", f"{len(missing)} missing", f"{len(unexpected)} unexpected"]
    counts += [f"{name} differs {count} times" for name, count in columns.most_common()]
    return "\n  ".join([f"{table}: {', '.join(counts)}", *found])


def equal(expected: Any, actual: Any) -> bool:
    """Whether two values are the same; a quotient to nine digits, since its last ones hang on the engine."""
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, float) or isinstance(actual, float):
        return math.isclose(float(expected), float(actual), rel_tol=1e-9, abs_tol=1e-9)
    return bool(expected == actual)


def _by_key(rows: list[dict[str, Any]], key: tuple[str, ...]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in key), []).append(row)
    return found


def _named(key: tuple[str, ...], values: tuple[Any, ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(key, values, strict=True))
