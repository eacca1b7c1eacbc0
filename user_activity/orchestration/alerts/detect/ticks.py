"""Incidents of sensors and schedules: one that fails requests no runs, so no failed run would report it."""

from collections.abc import Iterator

import dagster as dg

from user_activity.orchestration.alerts.incidents import LONGEST_CAUSE, Incident, first_line, key
from user_activity.orchestration.instance.private_names import (
    InstigatorState,
    InstigatorTick,
    InstigatorType,
    TickStatus,
)
from user_activity.orchestration.masking import masked
from user_activity.orchestration.runs import errors
from user_activity.settings import Settings

OVER = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]
IN_A_ROW = {InstigatorType.SENSOR: 2, InstigatorType.SCHEDULE: 1}  # failures; a sensor is retried within seconds


def failing_ticks(settings: Settings, instance: dg.DagsterInstance, but: str) -> Iterator[Incident]:
    """Yield an incident for each sensor and schedule, except ``but``, whose latest ticks have all failed."""
    for state in instance.all_instigator_state():
        number = IN_A_ROW.get(state.instigator_type)
        if number and state.is_running and state.instigator_name != but:
            ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=number, statuses=OVER)
            if len(ticks) == number and all(tick.status == TickStatus.FAILURE for tick in ticks):
                yield _problem(settings, state, ticks[0])


def _problem(settings: Settings, state: InstigatorState, tick: InstigatorTick) -> Incident:
    kind, name = state.instigator_type.value.lower(), state.instigator_name
    cause = masked(errors.innermost(tick.error), settings)[:LONGEST_CAUSE]
    return Incident(
        key=key("failing_tick", name, cause),
        kind="failing_tick",
        title=f"{kind} {name} fails: {first_line(cause)}",
        cause=f"{cause}\nUntil it succeeds, it requests no runs.",
        at=tick.timestamp,
        step=name,
    )
