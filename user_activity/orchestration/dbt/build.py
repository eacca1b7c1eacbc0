"""One run's build: its dbt invocations, coordinated with the builds of other runs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from user_activity.orchestration.date_ranges import ranges, written
from user_activity.orchestration.dbt import runner
from user_activity.orchestration.dbt.runner import NodeResult, OnDone
from user_activity.settings import Settings
from user_activity.warehouse import Build

EVERYTHING = ["fqn:*"]
PLAN = "audit.rebuilt_dates"  # the model that adds dependent dates to the requested ones; every dated model reads it
PLANS = (PLAN, "audit.rebuilt_users")
FINE = {"success", "pass"}


def run_dbt(
    build: Build,
    settings: Settings,
    manifest: Mapping[str, Any],
    selection: Sequence[str],
    asked: Iterable[date],
    plan: Mapping[str, str],
    on_done: OnDone,
) -> list[NodeResult]:
    """Build and test the selected nodes for these dates; ``plan`` are the environment variables of the run's plan.

    While other runs build, a test may compare tables of which they have written only some. So nodes that do not succeed
    are built once more when no other run builds.
    """
    environment = {**build.environment, **plan, "USER_ACTIVITY_DATES": written(ranges(asked))}
    nodes = manifest["nodes"]
    held_back = {
        name
        for name in planned_from(manifest)
        if list(selection) == EVERYTHING or ".".join(nodes[name]["fqn"]) in selection
    }

    def done(unique_id: str, line: str) -> None:
        on_done(unique_id, line)
        if unique_id in held_back:
            held_back.discard(unique_id)
            if not held_back:
                build.pass_on()

    if not held_back:
        build.pass_on()
    results = runner.build(settings, selection, environment, done)
    again = [result.unique_id for result in results if result.status not in FINE]
    if not again or not build.alone():
        return results
    names = sorted(".".join(nodes[name]["fqn"]) for name in again)
    repeated = {
        result.unique_id: result
        for result in runner.build(settings, names, {**environment, **build.environment}, on_done)
        if result.unique_id in again
    }
    return [repeated.get(result.unique_id, result) for result in results]


def planned_from(manifest: Mapping[str, Any]) -> set[str]:
    """Return the nodes that the next run's plan depends on: plans, the models they look up, and all ancestors."""
    found: set[str] = set()
    waiting = [name for name, node in manifest["nodes"].items() if _is_looked_up(node)]
    while waiting:
        name = waiting.pop()
        if name not in found and name in manifest["nodes"]:
            found.add(name)
            waiting += manifest["parent_map"][name]
    return found


def _is_looked_up(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and (
        bool(node["config"]["meta"].get("read_by_plan")) or f"{node['schema']}.{node['name']}" in PLANS
    )
