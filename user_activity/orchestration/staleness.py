"""Pending work: waiting files, a product catalogue that has not arrived this week, and stale dates.

A date is stale when its state in the lake differs from the state it was last built from. The warehouse stores these
states itself, so they always match its tables, even after it was deleted or restored from a backup. At its start, a
build marks the dates it will change as unfinished, in the transaction of its plan. At its end, it stores the states
that it read at its start, so dates whose rows land in between stay stale.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.ingest.partition.outdated import outdated
from user_activity.orchestration import built_tables
from user_activity.orchestration.dbt.recipes import recipes
from user_activity.orchestration.rebuild_reasons import Reason, reasons
from user_activity.settings import Settings, digest_of
from user_activity.sources import SOURCES
from user_activity.warehouse import BuiltDate, Rows, Warehouse, open_warehouse

HISTORY = "audit.rebuild_history"
PATIENCE_SECONDS = 60.0  # how long a command waits for another process's build


@dataclass(frozen=True)
class DateState:
    """What a date's figures are built from (lines of JSON), and a digest of it for comparisons: "" without facts."""

    facts: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Work:
    """What to build: dates with their states in the lake; all tables, or those of ``selection``.

    ``begun`` gives the run that last began to build each date that is not finished.
    """

    dates: Mapping[date, str]
    selection: list[str] | None = None
    changed: frozenset[str] = frozenset()
    stale: frozenset[date] = frozenset()
    begun: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A build run's plan: the states of the requested dates when it was made, and why they are rebuilt."""

    run_id: str
    states: Mapping[date, DateState]
    reasons: Mapping[date, list[Reason]]
    anything_stale: bool
    all_dates: bool  # every date that was ever built or begun is requested: no other row is in any table
    planned_at: datetime

    @property
    def environment(self) -> dict[str, str]:
        """Variables for dbt: whether any date is stale. If none is, a rebuild changes no date's rows."""
        return {"USER_ACTIVITY_ANYTHING_STALE": "true" if self.anything_stale else ""}


def wanted(settings: Settings, built: Iterable[date]) -> dict[date, DateState]:
    """Return the state of every date in the lake, and of built dates whose rows were all withdrawn.

    Raises :class:`user_activity.ingest.lake.freshness.StartDateTooLate` if any of them is no partition any more.
    """
    found = freshness.facts(settings)
    earliest = min({*found, *built}, default=None)
    if earliest and earliest < settings.start_date:
        raise freshness.StartDateTooLate(
            f"USER_ACTIVITY_START_DATE is {settings.start_date}, but {settings.data_dir} holds dates from {earliest}: "
            "set an earlier start date, or use another data folder."
        )
    figures = settings.model_environment()
    # Holidays affect one table, which every build replaces as a whole: it is enough to make one date stale.
    holidays = {"USER_ACTIVITY_HOLIDAYS_DIGEST": digest_of(settings.holidays_file)} if settings.holidays_file else {}
    shape, of_first = (json.dumps(["settings", each]) for each in (figures, figures | holidays))
    first = min(found, default=None)
    return {day: _state(of_first if day == first else shape, found.get(day, [])) for day in sorted({*found, *built})}


def _state(shape: str, facts: list[str]) -> DateState:
    lines = (shape, *facts) if facts else ()
    return DateState(lines, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if lines else "")


def stale(settings: Settings, patience_seconds: float = 3) -> dict[date, str]:
    """Return the stale dates with their current state.

    Raises :class:`user_activity.warehouse.WarehouseBusy` if another process writes the warehouse for longer.
    """
    return not_built(settings, open_warehouse(settings).built_dates(patience_seconds))


def not_built(settings: Settings, built: Mapping[date, BuiltDate]) -> dict[date, str]:
    """Return the stale dates with their current state, given the built dates of the warehouse."""
    return _stale(built, wanted(settings, built))


def _stale(built: Mapping[date, BuiltDate], states: Mapping[date, DateState]) -> dict[date, str]:
    return {day: state.digest for day, state in states.items() if not _is_current(built.get(day), state)}


def work(settings: Settings, patience_seconds: float = 3) -> Work:
    """Return what to build: all dates if tables were changed, dropped or emptied; otherwise the stale dates.

    If any date is stale, all tables are selected, so that rows of a stale date never reach only some tables.
    """
    warehouse = open_warehouse(settings)
    built = warehouse.built_dates(patience_seconds)
    begun = {day: date_built.begun_by for day, date_built in built.items() if date_built.begun_by}
    every = wanted(settings, built)
    waiting = _stale(built, every)
    project = recipes(settings)
    changed = built_tables.changed(warehouse, project) if built else set()
    if not changed:
        return Work(waiting, stale=frozenset(waiting), begun=begun)
    # The mark is part of the states, so that a failed build is requested again at once when tables or SQL change.
    mark = hashlib.sha256(repr(sorted((name, project.digests[name]) for name in changed)).encode()).hexdigest()[:16]
    dates = {day: f"{state.digest} {mark}" for day, state in every.items()}
    selection = None if waiting else project.with_descendants(changed)
    return Work(dates, selection, frozenset(changed), frozenset(waiting), begun)


def needed(
    settings: Settings, warehouse: Warehouse, asked: Iterable[date], is_at_work: Callable[[str], bool]
) -> list[date]:
    """Return the requested dates that are still stale, without those that a live run builds from the same state."""
    built = warehouse.built_dates()
    states = wanted(settings, {*built, *asked})
    planned = set(warehouse.query("select run_id, event_date, state from audit.planned_dates").rows) if built else set()
    begun = {run_id: is_at_work(run_id) for run_id in {each.begun_by for each in built.values()} if run_id}

    def is_under_way(day: date) -> bool:
        run_id = built[day].begun_by if day in built else None
        return run_id is not None and begun[run_id] and (run_id, day, states[day].digest) in planned

    return [day for day in asked if not _is_current(built.get(day), states[day]) and not is_under_way(day)]


def _is_current(built: BuiltDate | None, state: DateState) -> bool:
    return built.is_built_from(state.digest) if built else not state.facts


def plan(
    settings: Settings, warehouse: Warehouse, run_id: str, asked: Sequence[date], tables: Iterable[str] = ()
) -> Plan:
    """Return a build run's plan. It must be made before the run reads the lake, which may have newer rows by then."""
    built = warehouse.built_dates()
    states = wanted(settings, {*built, *asked})
    changed = built_tables.changed(warehouse, recipes(settings)).intersection(tables) if built else set()
    chosen = {day: states[day] for day in asked}
    before = _facts_built(warehouse, chosen) if any(day in built for day in chosen) else {}
    return Plan(
        run_id=run_id,
        states=chosen,
        reasons={
            day: reasons(
                before.get(day, ()),
                state.facts,
                is_finished=day not in built or built[day].begun_by is None,
                tables=changed,
            )
            for day, state in chosen.items()
        },
        anything_stale=not all(_is_current(built.get(day), state) for day, state in states.items()),
        all_dates=built.keys() <= chosen.keys(),
        planned_at=datetime.now(UTC).replace(tzinfo=None),
    )


def remember(warehouse: Warehouse, plan: Plan, *, complete: bool, widened: Mapping[date, str]) -> None:
    """Store why dates are rebuilt and, if the run builds all tables (``complete``), the states they are built from.

    ``widened`` are the dates that depend on the requested ones, with the plan's reason for each.
    """
    asked = [(day, reason) for day, found in sorted(plan.reasons.items()) for reason in found]
    history = [(day, *reason) for day, reason in asked]
    history += [(day, reason, "") for day, reason in widened.items() if day not in plan.reasons]
    tables = {
        HISTORY: Rows(
            ("run_id", "event_date", "reason", "detail", "planned_at"),
            tuple((plan.run_id, *row, plan.planned_at) for row in history),
        ),
        "audit.planned_dates": Rows(
            ("run_id", "event_date", "state", "facts"),
            tuple(
                (plan.run_id, day, state.digest, "\n".join(state.facts))
                for day, state in plan.states.items()
                if complete
            ),
        ),
    }
    warehouse.replace_rows("run_id", [plan.run_id], tables)


def rebuilt(warehouse: Warehouse, run_id: str) -> list[date]:
    """Return the dates that a run has rebuilt: the requested ones, and those that depend on them."""
    found = warehouse.query(f"select distinct event_date from {HISTORY} where run_id = '{run_id}' order by event_date")
    return [day for (day,) in found.rows]


def _facts_built(warehouse: Warehouse, dates: Iterable[date]) -> dict[date, tuple[str, ...]]:
    """Return what some dates were last built from."""
    wanted = sorted(dates)
    rows = warehouse.query(
        f"select event_date, facts from audit.built_dates "
        f"where event_date between date '{wanted[0]}' and date '{wanted[-1]}'"
    ).rows
    return {day: tuple(facts.splitlines()) if facts else () for day, facts in rows}


def waiting(settings: Settings) -> dict[str, set[date]]:
    """Return the landing dates with waiting files, or with archived files that must be read again, by source."""
    found: dict[str, set[date]] = defaultdict(set)
    for file in incoming.scan(settings):
        found[file.source].add(file.landing_date)
    for source in SOURCES:
        if again := outdated(settings, source):
            found[source] |= again.keys()
    return found


def catalogue_is_due(settings: Settings) -> bool:
    """Return whether a products URL is set and this week's products have not landed yet."""
    products = SOURCES["products"]
    week = products.partition_of(incoming.utc_today())
    landed = {day for _, day in freshness.state(settings, "products")} | waiting(settings)["products"]
    return settings.products_url is not None and week not in map(products.partition_of, landed)


def anything_is_due(settings: Settings) -> bool:
    """Return whether a run would have anything to do."""
    return bool(waiting(settings) or catalogue_is_due(settings) or work(settings, PATIENCE_SECONDS).dates)
