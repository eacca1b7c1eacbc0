"""dbt's runners of models and data tests, which execute prepared SQL where there is some (see ``prepared``).

A runner executes what dbt's materialization would, as one script. It leaves to dbt whatever is not usual: a table that
is created or gains columns, other materializations, stored failures.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dbt.artifacts.resources.types import NodeType
from dbt.artifacts.schemas.results import RunStatus, TestStatus
from dbt.artifacts.schemas.run import RunResult
from dbt.context.providers import generate_runtime_model_context
from dbt.contracts.graph.manifest import Manifest
from dbt.task.base import BaseRunner
from dbt.task.build import BuildTask
from dbt.task.compile import CompileRunner
from dbt.task.run import ModelRunner
from dbt.task.test import TestResultData, TestRunner
from dbt_common.exceptions import DbtBaseException

from user_activity.orchestration.date_ranges import Range, ranges
from user_activity.orchestration.dbt.prepared import MADE_ANEW, RUN_ID, Prepared, filled_in

SQL = "⟦sql⟧"
PLAN = "rebuilt_dates"
STANDING = "select table_schema || '.' || table_name, column_name from information_schema.columns"


class Invocation:
    """What the nodes of one dbt invocation share: prepared texts, and the run's id, dates and standing tables.

    ``on_done`` is called per finished node, with its unique id and a line for the log: "" for a test that passed.
    """

    def __init__(self, prepared: Prepared, environment: Mapping[str, str], on_done: Callable[[str, str], None]) -> None:
        self.prepared = prepared
        self.on_done = on_done
        self.run_id = environment.get(RUN_ID, "")
        self._made_anew = set(environment.get(MADE_ANEW, "").split(","))
        self._lock = threading.RLock()
        self._days: list[Range] | None = None
        self._columns: dict[str, set[str]] = {}

    def days(self, adapter: Any, plan: str | None) -> list[Range]:
        """Return the dates that the run rebuilds, according to the plan's table."""
        with self._lock:
            if self._days is None:
                planned = _fetched(adapter, f"select event_date from {plan} where run_id = '{self.run_id}'")
                self._days = ranges(day for (day,) in planned)
            return self._days

    def stands(self, adapter: Any, node: Any) -> bool:
        """Return whether the model's table stands, with all the model's columns, and keeps the rows of other dates."""
        with self._lock:
            if not self._columns:
                for name, column in _fetched(adapter, STANDING):
                    self._columns.setdefault(name, set()).add(column)
        relation = f"{node.schema}.{node.name}"
        return relation not in self._made_anew and node.columns.keys() <= self._columns.get(relation, set())


@contextmanager
def using(invocation: Invocation) -> Iterator[None]:
    """Let dbt's builds use these runners. Not for two invocations at once: dbt has one table of runners."""
    table = BuildTask.RUNNER_MAP
    BuildTask.RUNNER_MAP = {**table, **_runners(invocation)}
    try:
        yield
    finally:
        BuildTask.RUNNER_MAP = table


def _runners(invocation: Invocation) -> dict[NodeType, type[BaseRunner]]:
    """Return the runners by type of node: dbt creates them, so that what they share must be in their class."""
    return {
        NodeType.Model: type("Model", (_Model,), {"shared": invocation}),
        NodeType.Test: type("Test", (_Test,), {"shared": invocation}),
    }


class _PreparedRunner(CompileRunner):
    """Renders or fills in a node's SQL and the script around it, and executes the script."""

    shared: Invocation
    script: str  # the macro that writes the script

    def before_execute(self) -> None:
        """Without the log line that dbt writes here, which nobody reads."""

    def after_execute(self, result: RunResult) -> None:
        """Tell the result at once: an event of dbt that says the same takes longer than many nodes."""
        line = f"{result.status} {self.node.resource_type} {self.node.name} in {result.execution_time:.2f} s"
        self.shared.on_done(self.node.unique_id, "" if result.status == TestStatus.Pass else line)

    def compile_and_execute(self, manifest: Manifest, ctx: Any) -> Any:
        with self.adapter.connection_named(self.node.unique_id, self.node):
            if self._is_usual():
                self._begin(manifest)
                ctx.node = self._with_sql(manifest)
                script = self._script(manifest).replace(SQL, ctx.node.compiled_code)
                try:
                    with self.adapter.connections.exception_handler(script):
                        return self._executed(script)
                except DbtBaseException:
                    self._write(script)
                    raise
        return super().compile_and_execute(manifest, ctx)

    def _write(self, script: str) -> None:
        """Write what failed to the file that dbt's message names."""
        self.node.build_path = self.node.get_target_write_path(self.config.target_path, "run")
        self.node.write_node(self.config.project_root, self.node.build_path, script)

    def _is_usual(self) -> bool:
        raise NotImplementedError

    def _begin(self, manifest: Manifest) -> None:
        """Do what must come before anything is read."""

    def _executed(self, script: str) -> RunResult:
        raise NotImplementedError

    def _with_sql(self, manifest: Manifest) -> Any:
        text = self._prepared(
            self.node.unique_id, self.node.raw_code, lambda: str(self._compiled(manifest).compiled_code)
        )
        if text is None:
            return self._compiled(manifest)
        self.node.compiled, self.node.compiled_code = True, self._filled_in(text, manifest)
        return self.node

    def _compiled(self, manifest: Manifest) -> Any:
        return self.compiler.compile_node(self.node, manifest, {}, write=False)

    def _script(self, manifest: Manifest) -> str:
        def write() -> str:
            return str(generate_runtime_model_context(self.node, self.config, manifest)[self.script](SQL))

        text = self._prepared(f"{self.script} {self.node.unique_id}", self._script_source(), write)
        return write() if text is None else self._filled_in(text, manifest)

    def _script_source(self) -> str:
        return ""

    def _prepared(self, name: str, source: str, render: Callable[[], str]) -> str | None:
        def unconnected() -> str:  # whatever asks the warehouse fails
            connections = self.adapter.connections
            connection = connections.get_thread_connection()
            connections.clear_thread_connection()
            try:
                return render()
            finally:
                connections.set_thread_connection(connection)

        return self.shared.prepared.text(name, source, unconnected)

    def _filled_in(self, text: str, manifest: Manifest) -> str:
        plan = manifest.nodes[f"model.{self.config.project_name}.{PLAN}"].relation_name
        return filled_in(text, self.shared.run_id, lambda: self.shared.days(self.adapter, plan))


class _Model(_PreparedRunner, ModelRunner):
    script = "prepared_model"

    def _is_usual(self) -> bool:
        return self.node.get_materialization() == "incremental" and self.shared.stands(self.adapter, self.node)

    def _begin(self, manifest: Manifest) -> None:
        """Wait for the table's lock, on engines that have locks."""
        if f"macro.{self.config.project_name}.{self.adapter.type()}__lock_until_commit" in manifest.macros:
            generate_runtime_model_context(self.node, self.config, manifest)["take_turn"]()

    def _script_source(self) -> str:
        return f"{self.node.config.get('replaces')} {' '.join(hook.sql for hook in self.node.config.post_hook)}"

    def _executed(self, script: str) -> RunResult:
        if not self.adapter.connections.get_thread_connection().transaction_open:
            self.adapter.connections.begin()
        _cursor(self.adapter).execute(script)
        self.adapter.commit_if_has_connection()
        return RunResult(
            node=self.node,
            status=RunStatus.Success,
            timing=[],
            thread_id=threading.current_thread().name,
            execution_time=0,
            message="OK",
            adapter_response={},
            failures=None,
            batch_results=None,
        )


class _Test(_PreparedRunner, TestRunner):
    script = "prepared_test"

    def _is_usual(self) -> bool:
        return not self.node.config.store_failures

    def _executed(self, script: str) -> RunResult:
        ((failures, should_warn, should_error),) = _fetched(self.adapter, script)
        found = TestResultData(int(failures), bool(should_warn), bool(should_error), {})
        return self.build_test_run_result(self.node, found)


def _cursor(adapter: Any) -> Any:
    return adapter.connections.get_thread_connection().handle.cursor()


def _fetched(adapter: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor = _cursor(adapter)
    cursor.execute(sql)
    return list(cursor.fetchall())
