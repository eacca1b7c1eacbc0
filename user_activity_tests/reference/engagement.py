"""Who was active, by day, week and month, and who came back."""

from collections import Counter
from datetime import date, timedelta

import pandas as pd

from user_activity_tests.reference.facts import Facts, Row, frame, mean, median, share
from user_activity_tests.reference.periods import PERIODS, all_periods, days_of, is_over, period_start


def daily_engagement(facts: Facts) -> pd.DataFrame:
    """Each day from the first to the last with an event: active users, sessions that start on it, purchases."""
    events, people = facts.events, facts.people
    on_day = {day: set() for day in all_periods(facts.event_days, "day", facts.settings.week_start)}
    for user, days in facts.active_days.items():
        for day in days:
            on_day[day].add(user)
    event_dates = events["event_at"].map(facts.day)
    visits = facts.sessions[~facts.sessions["is_bot"].astype(bool)]
    visit_dates = visits["started_at"].map(facts.day)
    rows = []
    for day, users in on_day.items():
        within = {
            length: set().union(*(on_day.get(day - timedelta(days=ago), set()) for ago in range(length)))
            for length in (7, 30)
        }
        todays = visits[visit_dates == day]
        types = people["event_type"][event_dates[people.index] == day]
        rows.append(
            {
                "activity_date": day,
                "dau": len(users),
                "wau": len(within[7]),
                "mau": len(within[30]),
                "stickiness": share(len(users), len(within[30])),
                "events": len(types),
                "sessions": len(todays),
                "sessions_per_user": share(len(todays) or None, len(users)),
                "mean_session_seconds": mean(list(todays["duration_seconds"])),
                "median_session_seconds": median(list(todays["duration_seconds"])),
                "bounce_rate": share(int((todays["page_view_count"] == 1).sum()), len(todays)),
                "purchases": int((types == "purchase").sum()),
                "bot_events": int((event_dates == day).sum()) - len(types),
            }
        )
    return frame(rows, rows[0] if rows else ["activity_date"])


def active_periods(facts: Facts, period: str) -> dict[str, dict[date, int]]:
    """By user, the periods that they were active in, and on how many days of each."""
    return {
        user: dict(Counter(period_start(day, period, facts.settings.week_start) for day in days))
        for user, days in facts.active_days.items()
    }


def user_lifecycle(facts: Facts) -> pd.DataFrame:
    """Who is new, stays, comes back and stays away, by day, week and month."""
    names = ("active_users", "new_users", "returning_users", "resurrected_users", "dormant_users")
    rows: list[Row] = []
    for period in PERIODS:
        users = active_periods(facts, period)
        before: date | None = None
        for start in all_periods(facts.event_days, period, facts.settings.week_start):
            counts: Counter[str] = Counter(dict.fromkeys(names, 0))
            for active in users.values():
                if start in active:
                    counts["active_users"] += 1
                    if min(active) == start:
                        counts["new_users"] += 1
                    elif before in active:
                        counts["returning_users"] += 1
                    else:
                        counts["resurrected_users"] += 1
                elif before in active:
                    counts["dormant_users"] += 1
            over = is_over(start, period, facts.event_days[1])
            rows.append(
                {"period": period, "period_start_date": start}
                | {name: counts[name] if over else None for name in names}
            )
            before = start
    return frame(rows, ("period", "period_start_date", *names))


def retention(facts: Facts) -> pd.DataFrame:
    """Of the users of each cohort, those who were active so many periods later, or then or later."""
    rows: list[Row] = []
    for period in PERIODS:
        starts = all_periods(facts.event_days, period, facts.settings.week_start)
        active = {start: set() for start in starts}
        first: dict[str, date] = {}
        last: dict[str, date] = {}
        for user, periods in active_periods(facts, period).items():
            first[user], last[user] = min(periods), max(periods)
            for start in periods:
                active[start].add(user)
        for number, cohort in enumerate(starts):
            members = {
                "first_time": {user for user in active[cohort] if first[user] == cohort},
                "recurring": active[cohort],
                "rolling": active[cohort],
            }
            for age, later in enumerate(starts[number:]):
                for cohort_type, users in members.items():
                    stayed = {user for user in users if last[user] >= later}
                    retained = len(stayed if cohort_type == "rolling" else users & active[later])
                    known = is_over(later, period, facts.event_days[1])
                    rows.append(
                        {
                            "period": period,
                            "cohort_type": cohort_type,
                            "cohort_start_date": cohort,
                            "age": age,
                            "activity_start_date": later,
                            "cohort_users": len(users) if is_over(cohort, period, facts.event_days[1]) else None,
                            "retained_users": retained if known else None,
                            "retention_rate": share(retained, len(users)) if known else None,
                        }
                    )
    columns = ("period", "cohort_type", "cohort_start_date", "age", "activity_start_date")
    return frame(rows, (*columns, "cohort_users", "retained_users", "retention_rate"))


def user_weekly_activity(facts: Facts) -> pd.DataFrame:
    """Each user's events on each day of each week that they were active in."""
    keys = dict(zip(facts.people["user_id"], facts.people["user_key"], strict=True))
    rows: list[Row] = []
    for user, days in facts.active_days.items():
        for start in {period_start(day, "week", facts.settings.week_start) for day in days}:
            daily = [days.get(day, 0) if day <= facts.event_days[1] else None for day in days_of(start, "week")]
            over = is_over(start, "week", facts.event_days[1])
            rows.append(
                {
                    "user_id": user,
                    "user_key": keys[user],
                    "week_start_date": start,
                    "daily_events": daily,
                    "active_days": sum(1 for count in daily if count) if over else None,
                    "events": sum(count for count in daily if count) if over else None,
                }
            )
    return frame(rows, ("user_id", "user_key", "week_start_date", "daily_events", "active_days", "events"))


def stickiness_distribution(facts: Facts) -> pd.DataFrame:
    """How many users were active on exactly, and on at least, so many days of each week and month."""
    rows: list[Row] = []
    for period in ("week", "month"):
        users = active_periods(facts, period)
        for start in all_periods(facts.event_days, period, facts.settings.week_start):
            days = [active[start] for active in users.values() if start in active]
            over = is_over(start, period, facts.event_days[1])
            rows += [
                {
                    "period": period,
                    "period_start_date": start,
                    "active_days": count,
                    "users": days.count(count) if over else None,
                    "users_at_least": sum(1 for active in days if active >= count) if over else None,
                }
                for count in range(1, len(days_of(start, period)) + 1)
            ]
    return frame(rows, ("period", "period_start_date", "active_days", "users", "users_at_least"))


def int_user_days(facts: Facts) -> pd.DataFrame:
    """Each user's days with an event, bots' counted apart."""
    rows: list[Row] = []
    events = facts.events.assign(day=facts.events["event_at"].map(facts.day))
    for (user, day), of_day in events.groupby(["user_id", "day"], sort=False):
        people = of_day[~of_day["is_bot"].astype(bool)]
        amounts = people[people["revenue"].notna()]
        currencies = {currency or "" for currency in amounts["currency"]}
        in_time = people.sort_values(["event_at", "event_key"])
        rows.append(
            {
                "user_id": user,
                "event_date": day,
                "first_event_at": min(of_day["event_at"]),
                "last_event_at": max(of_day["event_at"]),
                "event_count": len(people),
                "bot_event_count": len(of_day) - len(people),
                "session_count": people["session_key"].nunique(),
                "purchase_count": int((people["event_type"] == "purchase").sum()),
                "revenue": sum(amounts["revenue"]) if len(currencies) == 1 else None,
                "currency": next(iter(currencies)) or None if len(currencies) == 1 else None,
                "device": next(iter(in_time["device"].dropna()[::-1]), None),
                "country": next(iter(in_time["country"].dropna()[::-1]), None),
            }
        )
    columns = ("user_id", "event_date", "first_event_at", "last_event_at", "event_count", "bot_event_count")
    return frame(rows, (*columns, "session_count", "purchase_count", "revenue", "currency", "device", "country"))
