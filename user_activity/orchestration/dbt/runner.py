"""dbt inside this process: parses the project, and builds a selection of it.

A separate dbt command needs about five seconds before its first query; `dbtRunner` in a running process needs less than
one. It has global state, so only one invocation runs at a time.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from user_activity import project
from user_activity.files import locked, write_texts
from user_activity.orchestration.dbt.declarations import declare_sources
from user_activity.orchestration.instance.environment import environment as process_environment
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.event_manager import IEventManager

PROJECT_DIR = project.ROOT / "sql"
MANIFEST = "manifest.json"
LAST_BUILD = "last_build.sql"
PARSED = "partial_parse.msgpack"
OnDone = Callable[[str, str], None]  # called per finished node, with its unique id and a line for the log, if any
SEED_DONE, SAID_BY_MACRO = "LogSeedResult", "JinjaLogInfo"
HEARD = {SEED_DONE, SAID_BY_MACRO}
WRITTEN_BY_DBT = {"target", "logs", "dbt_packages"}

_one_at_a_time = threading.Lock()
_log = logging.getLogger(__name__)


class BuildFailed(Exception):
    """The dbt invocation itself failed; the message says why."""


@dataclass(frozen=True)
class NodeResult:
    """The result of one model, seed or test."""

    unique_id: str
    relation: str
    kind: str
    status: str
    message: str
    failures: int
    seconds: float
    sql: str | None


def ensure_manifest(settings: Settings) -> Path:
    """Return the path of the manifest; parses the project again if its files or a source's contract have changed."""
    declare_sources(PROJECT_DIR)
    target = _target(settings)
    if not _is_current(target):
        with locked(target / ".lock"):
            if not _is_current(target):
                _invoke(["parse", "--target-path", str(target)], open_warehouse(settings).profile(), settings)
    return target / MANIFEST


def build(
    settings: Settings,
    selection: Sequence[str],
    environment: Mapping[str, str],
    on_done: OnDone = lambda unique_id, line: None,
) -> list[NodeResult]:
    """Build the selected nodes and run their tests; returns the results in the order of completion.

    A failed model or test is a result, not an exception. The SQL of all nodes is in the file ``LAST_BUILD``.
    """
    from user_activity.orchestration.dbt.invocation import Invocation
    from user_activity.orchestration.dbt.node_runners import using
    from user_activity.orchestration.dbt.prepared import Prepared, project_macros

    arguments = ["build", "--no-write-json", "--target-path", str(settings.dbt_dir / "target")]
    arguments += ["--exclude-resource-type", "unit_test", "--select", *selection]
    target = _target(settings)
    parsed = (target / PARSED).read_bytes()
    manifest = _manifest(parsed)
    folder = target if os.access(target, os.W_OK) else settings.dbt_dir
    prepared = Prepared(folder, parsed, project_macros(manifest))
    runners = using(Invocation(prepared, environment, on_done))
    answer = _invoke(arguments, environment, settings, manifest, on_done, runners)
    prepared.save()
    results = [_result(found) for found in cast("RunExecutionResult", answer.result).results]
    executed = [f"-- {result.unique_id}\n{result.sql}\n;\n" for result in results if result.sql]
    write_texts({settings.dbt_dir / LAST_BUILD: "\n".join(executed)})
    return results


def _result(found: Any) -> NodeResult:
    node = found.node
    return NodeResult(
        unique_id=node.unique_id,
        relation=f"{node.schema}.{node.name}",
        kind=str(node.resource_type),
        status=str(found.status),
        message=(found.message or "").strip(),
        failures=found.failures or 0,
        seconds=round(found.execution_time, 3),
        sql=getattr(node, "compiled_code", None),
    )


def _invoke(
    arguments: list[str],
    environment: Mapping[str, str],
    settings: Settings,
    manifest: "Manifest | None" = None,
    on_done: OnDone = lambda unique_id, line: None,
    around: AbstractContextManager[None] | None = None,
) -> "dbtRunnerResult":
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    common = [
        *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
        *("--log-path", str(settings.dbt_dir / "logs"), "--log-level", "none", "--log-level-file", "none"),
    ]
    ctx_set_event_manager(_event_manager())
    with _one_at_a_time, process_environment({**settings.model_environment(), **environment}), around or nullcontext():
        try:
            answer = dbtRunner(manifest, [lambda event: _tell(event, on_done)]).invoke([*arguments, *common])
        finally:
            reset_adapters()  # type: ignore[no-untyped-call]
    # Failed models or tests set no exception; if there is one, dbt failed before it built any model.
    if answer.exception is not None:
        raise BuildFailed(" ".join(str(answer.exception).split()))
    if answer.result is None:
        raise BuildFailed("dbt ended without a result")
    return answer


def _tell(event: Any, on_done: OnDone) -> None:
    if event.info.name == SEED_DONE:
        on_done(event.data.node_info.unique_id, event.info.msg)
    elif event.info.name == SAID_BY_MACRO:
        _log.info(event.info.msg)


@cache
def _event_manager() -> "IEventManager":
    """Return a manager of dbt's events that drops what nobody reads: most events are per node."""
    from dbt_common.events.event_manager import EventManager

    class HeardEvents(EventManager):
        def fire_event(self, e: Any, *arguments: Any, **more: Any) -> None:
            if type(e).__name__ in HEARD or more.get("force_warn_or_error_handling"):
                super().fire_event(e, *arguments, **more)

    return HeardEvents()


def _target(settings: Settings) -> Path:
    """Return the folder of the parsed project: one per database, because relation names contain it.

    In a checkout it is in the project folder, shared by everyone who uses the checkout. It is in the data folder if the
    project folder is read-only, as in an image that was parsed for another database, and for an installed package.
    """
    database = open_warehouse(settings).profile().get("USER_ACTIVITY_DATABASE")
    name = f"{settings.warehouse}-{quote(database, safe='')}" if database else "."
    beside = PROJECT_DIR / "target" / name
    if not project.INSTALLED and (os.access(PROJECT_DIR, os.W_OK) or _is_current(beside)):
        return beside
    return settings.dbt_dir / "parsed" / name


def _is_current(target: Path) -> bool:
    if not all(os.access(target / name, os.R_OK) for name in (MANIFEST, PARSED)):
        return False  # missing, or not readable
    sources = (
        path for top in PROJECT_DIR.iterdir() if top.name not in WRITTEN_BY_DBT for path in (top, *top.rglob("*"))
    )
    return max(path.stat().st_mtime for path in sources) < (target / MANIFEST).stat().st_mtime


def _manifest(parsed: bytes) -> "Manifest":
    """Return a new manifest object for each build: dbt modifies it, which would break the next build."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(parsed, decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest
