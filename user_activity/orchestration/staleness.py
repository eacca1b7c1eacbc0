"""What a run has to do: files that wait, a catalogue that has not come this week, dates that are stale.

A date is stale when its state in the lake differs from the state that the warehouse says it was last built from. The
warehouse keeps these states itself, so that they are gone when it is, and as old as it is when an older copy is
restored. A build begins by marking the dates that it is about to change as unfinished, in the transaction of its plan,
and ends by marking them with the state that it read at its start: rows that land in between leave their dates stale.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.originals import without_manifest
from user_activity.orchestration import built_tables
from user_activity.orchestration.dbt.recipes import recipes
from user_activity.orchestration.rebuild_reasons import Reason, reasons
from user_activity.settings import Settings, digest_of
from user_activity.sources import SOURCES
from user_activity.warehouse import BuiltDate, Rows, Warehouse, open_warehouse

HISTORY = "audit.rebuild_history"
PATIENCE_SECONDS = 60.0  # of a command that waits for another process to end its build


@dataclass(frozen=True)
class DateState:
    """What a date's figures are made from (lines of JSON), and a digest of that by which it is compared."""

    facts: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Work:
    """What a build has to do: these dates, with the states in the lake; of all tables, or of the selected ones."""

    dates: Mapping[date, str]
    selection: list[str] | None = None
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What a run that builds starts from: the state of the dates that it was asked for, and why they are rebuilt."""

    run_id: str
    states: Mapping[date, DateState]
    reasons: Mapping[date, list[Reason]]
    anything_stale: bool
    all_dates: bool
    planned_at: datetime

    @property
    def environment(self) -> dict[str, str]:
        """What dbt reads: where everything is built from the lake as it is, a rebuild changes no date's rows."""
        return {"USER_ACTIVITY_ANYTHING_STALE": "true" if self.anything_stale else ""}


def wanted(settings: Settings, built: Iterable[date]) -> dict[date, DateState]:
    """The state of every date in the lake; a date that was built stays one when all its rows are withdrawn."""
    found = freshness.facts(settings)
    figures = settings.model_environment()
    # Every build replaces the one table that holidays affect, so one date that they make stale is enough.
    holidays = {"USER_ACTIVITY_HOLIDAYS_DIGEST": digest_of(settings.holidays_file)} if settings.holidays_file else {}
    shape, of_first = (json.dumps(["settings", each]) for each in (figures, figures | holidays))
    first = min(found, default=None)
    return {day: _state(of_first if day == first else shape, found.get(day, [])) for day in sorted({*found, *built})}


def _state(shape: str, facts: list[str]) -> DateState:
    lines = (shape, *facts) if facts else ()
    return DateState(lines, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16])


def stale(settings: Settings, patience_seconds: float = 3) -> dict[date, str]:
    """The dates whose state is another than the one last built from, with that state.

    Raises :class:`user_activity.warehouse.WarehouseBusy` where another process writes the warehouse for longer.
    """
    return not_built(settings, open_warehouse(settings).built_dates(patience_seconds))


def not_built(settings: Settings, built: Mapping[date, BuiltDate]) -> dict[date, str]:
    """The same, by what the warehouse says it has built."""
    return {day: state.digest for day, state in wanted(settings, built).items() if not _stands(built.get(day), state)}


def work(settings: Settings, patience_seconds: float = 3) -> Work:
    """What is to be built: every date of tables that changed, or were dropped or emptied; otherwise the stale dates.

    Tables are rebuilt by themselves only where no date is stale: so no row of a stale date reaches some tables only.
    """
    warehouse = open_warehouse(settings)
    built = warehouse.built_dates(patience_seconds)
    waiting, every = not_built(settings, built), wanted(settings, built)
    project = recipes(settings)
    changed = built_tables.changed(warehouse, project) if built else set()
    if not changed:
        return Work(waiting)
    # A failed attempt is tried again when the tables or their SQL are others.
    mark = hashlib.sha256(repr(sorted((name, project.digests()[name]) for name in changed)).encode()).hexdigest()[:16]
    dates = {day: f"{state.digest} {mark}" for day, state in every.items()}
    return Work(dates, None if waiting else project.with_descendants(changed), frozenset(changed))


def _stands(built: BuiltDate | None, state: DateState) -> bool:
    return built.is_built_from(state.digest) if built else not state.facts


def plan(
    settings: Settings, warehouse: Warehouse, run_id: str, asked: Sequence[date], tables: Iterable[str] = ()
) -> Plan:
    """What a run that builds some tables starts from; it is made before the run reads the lake, which may be newer."""
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
        anything_stale=not all(_stands(built.get(day), state) for day, state in states.items()),
        all_dates=not {day for day, state in states.items() if state.facts or day in built} - set(asked),
        planned_at=datetime.now(UTC).replace(tzinfo=None),
    )


def remember(warehouse: Warehouse, plan: Plan, *, complete: bool, widened: Mapping[date, str]) -> None:
    """Keep why dates are rebuilt and, of a run that builds all tables, the states that they will be built from.

    ``widened`` are the dates that depend on the asked ones, with the plan's reason for each.
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
    """The dates that a run has rebuilt: those it was asked for, and those that depend on them."""
    found = warehouse.query(f"select distinct event_date from {HISTORY} where run_id = '{run_id}' order by event_date")
    return [day for (day,) in found.rows]


def _facts_built(warehouse: Warehouse, dates: Iterable[date]) -> dict[date, tuple[str, ...]]:
    """What some dates were last built from."""
    wanted = sorted(dates)
    rows = warehouse.query(
        f"select event_date, facts from audit.built_dates "
        f"where event_date between date '{wanted[0]}' and date '{wanted[-1]}'"
    ).rows
    return {day: tuple(facts.splitlines()) if facts else () for day, facts in rows}


def waiting(settings: Settings) -> dict[str, set[date]]:
    """The landing dates on which files wait, or whose manifest is lost, by source."""
    found: dict[str, set[date]] = defaultdict(set)
    for file in incoming.scan(settings):
        found[file.source].add(file.landing_date)
    for source in SOURCES:
        if lost := without_manifest(settings, source):
            found[source] |= lost
    return found


def catalogue_is_due(settings: Settings) -> bool:
    """Whether the products have an address, and none of this week's has landed yet."""
    products = SOURCES["products"]
    week = products.partition_of(incoming.utc_today())
    landed = {day for _, day in freshness.state(settings, "products")} | waiting(settings)["products"]
    return settings.products_url is not None and week not in map(products.partition_of, landed)


def anything_is_due(settings: Settings) -> bool:
    """Whether a run would find something to do."""
    return bool(waiting(settings) or catalogue_is_due(settings) or work(settings, PATIENCE_SECONDS).dates)
