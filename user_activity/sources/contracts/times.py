"""Points in time in any accepted text format: their conversion in Python and in SQL, and the rule for dates."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from user_activity.settings import Settings
from user_activity.sources.contracts.values import ValidationContext, Value, broken, quoted

CLOCK_SKEW = timedelta(days=1)
EPOCH = datetime(1970, 1, 1)


def start_of_day(day: date, zone: str) -> datetime:
    """The UTC time at which a calendar day starts in a time zone."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    # The clock passes some midnights twice, and then the engines take the second one; others it leaves out.
    is_repeated = (midnight.utcoffset() or timedelta()) > (midnight.replace(fold=1).utcoffset() or timedelta())
    return midnight.replace(fold=int(is_repeated)).astimezone(UTC).replace(tzinfo=None)


@cache
def _most_ahead(year: int, zone: str) -> timedelta:
    """The most that a time zone's clock is ahead of UTC from a year on."""
    if zone == "UTC":
        return timedelta()
    starts = (datetime(each, month, 1, tzinfo=ZoneInfo(zone)) for each in range(year, 2038) for month in range(1, 13))
    return max((start.utcoffset() or timedelta() for start in starts), default=timedelta()) + timedelta(hours=1)


@dataclass(frozen=True)
class Moment(Value):
    """A point in time, stored as UTC: ISO 8601 (UTC if it has no offset), or a date, or a time since 1970.

    A date is its day's start in the reporting time zone. Seconds, milli-, micro- and nanoseconds since 1970 are told
    apart by their size.

    ``dated``: the column determines the record's event date; it must fit the landing date and the start date.
    ``clamped``: a time before the start date belongs to the first partition instead of being rejected.
    """

    dated: bool = False
    clamped: bool = False

    sql_type: ClassVar[str] = "TIMESTAMP"
    _DAY: ClassVar[re.Pattern[str]] = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([12][0-9]{3})([0-9]{2})([0-9]{2})")
    _ISO: ClassVar[re.Pattern[str]] = re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
        r"[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
        r"(?: ?(?:([Zz]|UTC|GMT)|([+-])([0-9]{2})(?::?([0-9]{2}))?))?"
    )
    _EPOCH: ClassVar[re.Pattern[str]] = re.compile(
        r"([0-9]{9,10}|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19})(?:\.([0-9]{1,18}))?"
    )

    def parse(self, text: str, context: ValidationContext) -> datetime:
        zone = context.settings.timezone
        moment = self._read(text, zone)
        limit = context.landing_date + timedelta(days=1) + CLOCK_SKEW
        if self.dated and moment >= start_of_day(limit, zone):
            raise broken("too_late", f"must be before {limit}, a day after landing on {context.landing_date}")
        first = context.settings.start_date
        if self.dated and not self.clamped and moment < start_of_day(first, zone):
            raise broken("too_early", f"must not be before {first}, the first day kept")
        return moment

    def _read(self, text: str, zone: str) -> datetime:
        try:
            if day := self._DAY.fullmatch(text):
                return start_of_day(date(*(int(part) for part in day.groups() if part)), zone)
            if epoch := self._EPOCH.fullmatch(text):
                whole, fraction = epoch[1], epoch[2] or ""
                digits = (len(whole) - 8) // 3 * 3  # of the part below a second: 0, 3, 6 or 9
                below = (whole[len(whole) - digits :] if digits else "") + fraction
                seconds = int(whole[: len(whole) - digits])
                return EPOCH + timedelta(seconds=seconds, microseconds=int(below.ljust(6, "0")[:6]))
            if iso := self._ISO.fullmatch(text):
                year, month, at, hour, minute, second, fraction, _, sign, offset_hour, offset_minute = iso.groups("0")
                micros = int(fraction.ljust(6, "0")[:6])
                local = datetime(int(year), int(month), int(at), int(hour), int(minute), int(second), micros)
                ahead = timedelta(hours=int(offset_hour), minutes=int(offset_minute))
                if ahead >= timedelta(days=1) or int(offset_minute) > 59:
                    raise ValueError
                return local + ahead if sign == "-" else local - ahead
        except (ValueError, OverflowError):
            pass
        raise broken("not_a_time", "must be a time, like 2026-01-31T09:30:00Z, a date, or a time in seconds since 1970")

    def sql(self, text: str, settings: Settings) -> str:
        clock = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?"
        day = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
        offset = "[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?"
        date_of = f"try_cast({text} as date)", f"try_strptime({text}, '%Y%m%d')::date"
        fraction = f"rpad({text}[12:], 6, '0')"
        return self._bounded(
            f"case when regexp_full_match({text}, '{day}[T ]{clock}Z?') then try_cast({text} as timestamp) "
            f"when regexp_full_match({text}, '{day}[T ]{clock}{offset}') "
            f"then try_cast({text} as timestamptz)::timestamp "
            f"when regexp_full_match({text}, '{day}') then {self._start_of_day(date_of[0], settings)} "
            f"when regexp_full_match({text}, '[0-9]+') then case length({text}) "
            f"when 10 then make_timestamp({text}::bigint * 1000000) when 13 then make_timestamp({text}::bigint * 1000) "
            f"when 16 then make_timestamp({text}::bigint) when 19 then make_timestamp(left({text}, 16)::bigint) "
            f"when 8 then {self._start_of_day(date_of[1], settings)} end "
            f"when regexp_full_match({text}, '[0-9]{{10}}\\.[0-9]{{1,6}}') "
            f"then make_timestamp(left({text}, 10)::bigint * 1000000 + {fraction}::bigint) "
            f"when regexp_full_match({text}, '{day} {clock} (UTC|GMT)') "
            f"then try_cast(left({text}, length({text}) - 4) as timestamp) end",
            settings,
        )

    @staticmethod
    def _start_of_day(day: str, settings: Settings) -> str:
        if settings.timezone == "UTC":
            return f"{day}::timestamp"
        # Years in which a zone had its local mean time are left undecided: the engines' tables differ there.
        known = f"{day} between date '1970-01-02' and date '2037-12-31'"
        return f"case when {known} then ({day}::timestamp at time zone {quoted(settings.timezone)})::timestamp end"

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        if sql_type != "DATE" and not sql_type.startswith("TIMESTAMP"):
            return None
        moment = f"try_cast({value} as timestamp)"
        moment = self._start_of_day(f"{value}", settings) if sql_type == "DATE" else moment
        known = f"{moment} between timestamp '1000-01-01' and timestamp '2999-12-31'"
        return self._bounded(f"case when {known} then {moment} end", settings)

    def _bounded(self, moment: str, settings: Settings) -> str:
        if not self.dated:
            return moment
        first, zone = settings.start_date, settings.timezone
        early = "" if self.clamped else f" and {moment} >= timestamp '{start_of_day(first, zone)}'"
        # In a zone other than UTC the last hours are left undecided, so that no row has to be converted.
        minutes = (timedelta(days=1) + CLOCK_SKEW - _most_ahead(first.year, zone)) // timedelta(minutes=1)
        late = f"{moment} < _landing + interval {minutes} minute"
        return f"case when {late}{early} then {moment} end"
