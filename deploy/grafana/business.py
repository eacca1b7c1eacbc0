"""The business dashboard: sales, users, retention, funnels and products."""

from deploy.grafana.dashboard import choice, dashboard, link, one_of
from deploy.grafana.panels import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    Column,
    Heading,
    Json,
    Panel,
    bars,
    by,
    stat,
    table,
    timeseries,
)

# From white (0 %) to blue (50 %): few cohorts retain more, and small shares remain distinguishable.
HEAT = {"unit": "percentunit", "decimals": 0, "min": 0, "max": 0.5, "color": {"mode": "continuous-blues"}}
LIFECYCLE = {"new": GREEN, "returning": BLUE, "resurrected": PURPLE, "dormant": ORANGE}
AMOUNT, SHARE, DURATION = Column("locale"), Column("percentunit"), Column("s")
BOOKED = dict.fromkeys(("gross revenue", "discount", "refund", "net revenue"), AMOUNT)
COHORTS = {"cohort": Column(width=110), "users": Column(width=80)}

VARIABLES = [
    choice("currency", "Currency", "select distinct currency from metrics.payment_summary order by currency"),
    choice("funnel", "Funnel", "select distinct funnel from metrics.funnel order by funnel", many=False),
    one_of("period", "Period", ["day", "week", "month"], "week"),
    one_of("cohort", "Cohort", ["first_time", "recurring", "rolling"], "first_time"),
]

PANELS: list[Panel | Heading] = [
    stat("net_revenue", "locale", width=6, decimals=2, empty="no sale, or a rate is unknown"),
    stat("orders", "locale", width=4),
    stat("order_value", "locale", width=8, decimals=2),
    stat("active_users", "locale", width=6),
    Heading("Sales"),
    by("week", timeseries("revenue_by_period")),  # lines, because bars are stacked and currencies must not be added
    by("month", timeseries("revenue_by_period")),
    timeseries("orders_by_week", style="bars", stacked=True),
    timeseries("order_value_by_week", decimals=2),
    table("sales_by_month", columns={**BOOKED, "average order value": AMOUNT, "growth": SHARE}),
    bars("channel_share", "locale", width=8, height=9),
    table("revenue_by_channel", width=16, columns={**BOOKED, "net, reporting currency": AMOUNT}),
    Heading("People"),
    timeseries("daily_users"),
    timeseries("stickiness", "percentunit", min=0),
    timeseries("sessions", style="bars", right_axis={"bounce rate": "percentunit"}),
    timeseries("session_length", "s"),
    timeseries("lifecycle", width=24, style="bars", stacked=True, colours=LIFECYCLE),
    Heading("Retention"),
    by("week", table("retention_by_period", width=16, height=12, columns=COHORTS, heat=HEAT)),
    bars("retention_curve", "percentunit", height=12, decimals=1),
    by("month", table("retention_by_period", height=8, columns=COHORTS, heat=HEAT)),
    Heading("Funnel ${funnel}"),
    bars("funnel_users", "locale"),
    table(
        "funnel_steps",
        width=16,
        height=8,
        columns={
            "of all who entered": SHARE,
            "of the step before": SHARE,
            "mean time": DURATION,
            "typical time": DURATION,
        },
    ),
    timeseries("funnel_by_week", "percentunit", width=24, min=0),
    Heading("Products"),
    bars("products_by_units", "locale", height=10),
    bars("products_by_revenue", "locale", height=10),
    bars("products_by_views", "locale", height=10),
    table("products", height=10, columns={"net revenue": AMOUNT, "carts by view": SHARE}),
]


def business() -> Json:
    """Return the dashboard for the shop's business users."""
    return dashboard(
        "business",
        "Business",
        "Sales by week and month, who comes and comes back, how far people get, and what they buy. Bots are left out, "
        "and currencies are never added.",
        PANELS,
        VARIABLES,
        since="now-1y",
        refresh="",
        links=[link("Operations", "/d/user-activity-operations", keeps_time=True)],
    )
