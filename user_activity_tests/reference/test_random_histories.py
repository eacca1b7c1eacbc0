"""Every metric of random histories, delivered bit by bit, is what its reference computes from the facts."""

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import File, Record, encode
from user_activity_tests.platform import Platform
from user_activity_tests.reference.comparison import REFERENCES, difference
from user_activity_tests.reference.crowds import Plan, deliveries
from user_activity_tests.reference.facts import Facts, read

# The turn of an ISO year, a leap day, and the days on which clocks change.
FIRST_DAYS = (date(2024, 12, 20), date(2024, 2, 20), date(2025, 3, 1), date(2025, 10, 20))
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")


def plans(people: tuple[int, ...], days: tuple[int, ...], most_deliveries: int) -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        seed=st.integers(1000, 2**32),
        people=st.sampled_from(people),
        first_day=st.sampled_from(FIRST_DAYS),
        days=st.sampled_from(days),
        deliveries=st.integers(2, most_deliveries),
        timezone=st.sampled_from(ZONES),
        week_start=st.sampled_from(("monday", "sunday")),
        session_timeout_minutes=st.sampled_from((30, 10)),
        attribution_window_days=st.sampled_from((90, 5)),
        default_currency=st.sampled_from(("USD", "EUR")),
        reporting_currency=st.sampled_from((None, "USD", "EUR")),
        has_own_funnels=st.booleans(),
        has_rates=st.booleans(),
        ends_with_bots=st.booleans(),
    )


def check_every_delivery(plan: Plan) -> None:
    with TemporaryDirectory() as folder:
        platform = Platform(Path(folder) / "data", **plan.settings(Path(folder)))
        delivered: list[File] = []
        for number, files in enumerate(deliveries(plan), start=1):
            for file in files:
                platform.drop(file.source, file.landing_date, file.name, encode(file.records, file.name))
            delivered += files
            if not delivered:
                continue
            platform.run()
            facts = read(platform.settings)
            assert_holds_what_was_delivered(facts, delivered)
            found = [difference(reference, facts) for reference in REFERENCES]
            assert not any(found), f"{plan}, delivery {number}:\n" + "\n".join(filter(None, found))


def assert_holds_what_was_delivered(facts: Facts, delivered: list[File]) -> None:
    def latest(source: str, key: str) -> list[Record]:
        records = [record for file in delivered if file.source == source for record in file.records]
        return list(
            {record[key]: record for record in sorted(records, key=lambda one: one.get("updated_at", ""))}.values()
        )

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text)

    assert sorted(
        (event["event_id"], event["user_id"], event["event_type"], moment(event["event_at"]), "user_agent" in event)
        for event in latest("events", "event_id")
    ) == sorted(
        facts.events[["event_id", "user_id", "event_type", "event_at", "is_bot"]].itertuples(index=False, name=None)
    )
    assert sorted(
        (order["order_id"], moment(order["order_at"]), order["status"], order["currency"], len(order["items"]))
        for order in latest("orders", "order_id")
    ) == sorted(
        facts.orders[facts.orders["line_source"] == "record"]
        .merge(
            facts.order_items[~facts.order_items["is_return"].astype(bool)].groupby("order_id").size().rename("lines"),
            on="order_id",
        )[["order_id", "order_at", "status", "currency", "lines"]]
        .itertuples(index=False, name=None)
    )


@pytest.mark.long
@pytest.mark.law
@histories_drawn(quick=1, all=2, nightly=30)
@given(plans(people=(500, 700), days=(12, 40, 75), most_deliveries=3))
def test_hundreds_of_histories_at_once(plan: Plan) -> None:
    check_every_delivery(plan)


@pytest.mark.law
@histories_drawn(quick=1, all=3, nightly=100)
@given(plans(people=(1, 2, 5), days=(1, 2, 9), most_deliveries=2))
def test_a_few_people_on_a_few_days(plan: Plan) -> None:
    check_every_delivery(plan)


@pytest.mark.long
def test_a_small_crowd() -> None:
    check_every_delivery(
        Plan(
            seed=3,
            people=60,
            first_day=date(2025, 3, 1),
            days=12,
            deliveries=1,
            timezone="America/New_York",
            week_start="sunday",
            has_own_funnels=True,
            has_rates=True,
        )
    )
