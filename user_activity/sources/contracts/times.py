"""Points in time in any accepted text format: their conversion in Python and in SQL, and the rule for dates."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from user_activity.settings import Settings
from user_activity.sources.contracts.values import ValidationContext, Value, broken

CLOCK_SKEW = timedelta(days=1)


@dataclass(frozen=True)
class Moment(Value):
    """A point in time: ISO 8601 (UTC if it has no offset), epoch seconds or milliseconds; stored as UTC.

    ``dated``: the column determines the record's event date; it must fit the landing date and the start date.
    ``clamped``: a time before the start date belongs to the first partition instead of being rejected.
    """

    dated: bool = False
    clamped: bool = False

    sql_type: ClassVar[str] = "TIMESTAMP"
    _ISO: ClassVar[re.Pattern[str]] = re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
        r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
        r"(?: ?(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?))?)?"
    )
    _EPOCH: ClassVar[re.Pattern[str]] = re.compile(r"([0-9]{10})(?:\.([0-9]{1,9}))?|([0-9]{13})(?:\.0)?")

    def parse(self, text: str, context: ValidationContext) -> datetime:
        moment = self._read(text)
        if self.dated and moment >= (limit := self._limit(context.landing_date)):
            raise broken("too_late", f"must be before {limit:%Y-%m-%d}, a day after landing on {context.landing_date}")
        if self.dated and not self.clamped and moment.date() < context.settings.start_date:
            raise broken("too_early", f"must not be before {context.settings.start_date}, the first day kept")
        return moment

    def _read(self, text: str) -> datetime:
        try:
            if epoch := self._EPOCH.fullmatch(text):
                seconds, fraction, milliseconds = epoch.groups()
                if milliseconds:
                    return datetime(1970, 1, 1) + timedelta(milliseconds=int(milliseconds))
                micros = int((fraction or "").ljust(6, "0")[:6])
                return datetime(1970, 1, 1) + timedelta(seconds=int(seconds), microseconds=micros)
            if iso := self._ISO.fullmatch(text):
                year, month, day, hour, minute, second, fraction, _, sign, offset_hour, offset_minute = iso.groups("0")
                micros = int(fraction.ljust(6, "0")[:6])
                local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micros)
                ahead = timedelta(hours=int(offset_hour), minutes=int(offset_minute))
                if ahead >= timedelta(days=1) or int(offset_minute) > 59:
                    raise ValueError
                return local + ahead if sign == "-" else local - ahead
        except (ValueError, OverflowError):
            pass
        raise broken("not_a_time", "must be a time, like 2026-01-31T09:30:00Z, or epoch seconds or milliseconds")

    @staticmethod
    def _limit(landing_date: date) -> datetime:
        end = datetime(landing_date.year, landing_date.month, landing_date.day) + timedelta(days=1)
        return end + CLOCK_SKEW

    def sql(self, text: str, settings: Settings) -> str:
        clock = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?"
        day = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
        offset = "[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?"
        return self._bounded(
            f"case when regexp_full_match({text}, '{day}([T ]{clock}Z?)?') then try_cast({text} as timestamp) "
            f"when regexp_full_match({text}, '{day}[T ]{clock}{offset}') "
            f"then try_cast({text} as timestamptz)::timestamp "
            f"when regexp_full_match({text}, '[0-9]{{10}}') then make_timestamp({text}::bigint * 1000000) "
            f"when regexp_full_match({text}, '[0-9]{{13}}') then make_timestamp({text}::bigint * 1000) "
            f"when regexp_full_match({text}, '[0-9]{{10}}\\.[0-9]{{1,6}}') "
            f"then make_timestamp(left({text}, 10)::bigint * 1000000 + rpad({text}[12:], 6, '0')::bigint) end",
            settings,
        )

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        if sql_type != "DATE" and not sql_type.startswith("TIMESTAMP"):
            return None
        moment = f"try_cast({value} as timestamp)"
        known = f"{moment} between timestamp '1000-01-01' and timestamp '2999-12-31'"
        return self._bounded(f"case when {known} then {moment} end", settings)

    def _bounded(self, moment: str, settings: Settings) -> str:
        if not self.dated:
            return moment
        days = 1 + CLOCK_SKEW.days
        early = "" if self.clamped else f" and {moment} >= timestamp '{settings.start_date}'"
        return f"case when {moment} < _landing + interval {days} day{early} then {moment} end"
