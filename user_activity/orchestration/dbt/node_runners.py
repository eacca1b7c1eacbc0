"""dbt's runners of models and data tests, which execute prepared SQL where there is some (see ``prepared``).

A runner executes what dbt's materialization would, as one script. It leaves to dbt whatever is not usual: a table that
is created or gains columns, other materializations, stored failures.
"""

import threading
from collections.abc import Callable, Iterator
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

from user_activity.orchestration.date_ranges import Range
from user_activity.orchestration.dbt.invocation import Invocation, cursor, fetched, standing_columns
from user_activity.orchestration.dbt.prepared import filled_in

SQL = "⟦sql⟧"
PLAN = "rebuilt_dates"
ASKS_IF_NEW = "is_incremental"


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
                if self._is_ready(manifest):
                    return self._execute_script(manifest)
        return super().compile_and_execute(manifest, ctx)

    def _execute_script(self, manifest: Manifest) -> RunResult:
        script = self._written(self.script, manifest, SQL, source=self._script_source())
        script = script.replace(SQL, self.node.compiled_code)
        try:
            with self.adapter.connections.exception_handler(script):
                return self._executed(script)
        except DbtBaseException:
            self._write(script)
            raise

    def _write(self, script: str) -> None:
        """Write what failed to the file that dbt's message names."""
        self.node.build_path = self.node.get_target_write_path(self.config.target_path, "run")
        self.node.write_node(self.config.project_root, self.node.build_path, script)

    def _is_usual(self) -> bool:
        raise NotImplementedError

    def _begin(self, manifest: Manifest) -> None:
        """Do what must come before anything is read."""

    def _is_ready(self, manifest: Manifest) -> bool:
        """Return whether the script can be executed; what was done so far is rolled back if not."""
        return True

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

    def _written(self, macro: str, manifest: Manifest, *arguments: str, source: str = "") -> str:
        """Return what a macro writes for this node; ``source`` is what its text depends on beside the node."""

        def write() -> str:
            return str(self._context(manifest)[macro](*arguments))

        text = self._prepared(f"{macro} {self.node.unique_id}", source, write)
        return write() if text is None else self._filled_in(text, manifest)

    def _context(self, manifest: Manifest) -> dict[str, Any]:
        return generate_runtime_model_context(self.node, self.config, manifest)

    def _script_source(self) -> str:
        return ""

    def _is_apart(self, source: str) -> bool:
        """Return whether this run's text can be another than that for all runs."""
        return False

    def _prepared(self, name: str, source: str, render: Callable[[], str]) -> str | None:
        def unconnected() -> str:  # whatever asks the warehouse fails
            connections = self.adapter.connections
            connection = connections.get_thread_connection()
            connections.clear_thread_connection()
            try:
                return render()
            finally:
                connections.set_thread_connection(connection)

        return None if self._is_apart(source) else self.shared.prepared.text(name, source, unconnected)

    def _filled_in(self, text: str, manifest: Manifest) -> str:
        def days() -> list[Range]:
            plan = manifest.nodes[f"model.{self.config.project_name}.{PLAN}"]
            return self.shared.days(self.adapter, plan.relation_name)

        return filled_in(text, self.shared.run_id, days)


class _Model(_PreparedRunner, ModelRunner):
    script = "prepared_model"

    is_new = False

    def _is_usual(self) -> bool:
        stands = self.shared.stands(self.adapter, self.node)
        self.is_new = stands is None
        return self.node.get_materialization() == "incremental" and stands is not False

    def _begin(self, manifest: Manifest) -> None:
        """Take the table's lock, on engines that have locks. If another run holds it, a macro says so and waits."""
        if not self.adapter.connections.get_thread_connection().transaction_open:
            self.adapter.connections.begin()
        name = f"{self.node.schema}.{self.node.name}"
        turn = self._written("prepared_turn", manifest, name)
        if turn and fetched(self.adapter, turn) != [(None,)]:
            self._context(manifest)["take_turn"]()

    def _is_apart(self, source: str) -> bool:
        """The text for all runs is that of a table that stands: a new one may need another."""
        return self.is_new and self.shared.prepared.mentions(ASKS_IF_NEW, source)

    def _is_ready(self, manifest: Manifest) -> bool:
        """Create a new table, if no other run has done so meanwhile, and the SQL keeps the model's contract.

        Whatever is wrong with the SQL is left to dbt, to say it in its words.
        """
        if not self.is_new:
            return True
        if standing_columns(self.adapter, self.node):
            return False
        creation = self._written("prepared_table", manifest)
        try:
            with self.adapter.connections.exception_handler(creation):
                cursor(self.adapter).execute(creation)
            return self._columns(f"({self.node.compiled_code}) as selected") == self._columns(self.node.relation_name)
        except DbtBaseException:
            return False

    def _columns(self, source: str) -> list[tuple[str, str]]:
        found = self.adapter.get_column_schema_from_query(f"select * from {source} where 1 = 0")
        return sorted((column.name, column.data_type) for column in found)

    def _script_source(self) -> str:
        return f"{self.node.config.get('replaces')} {' '.join(hook.sql for hook in self.node.config.post_hook)}"

    def _executed(self, script: str) -> RunResult:
        cursor(self.adapter).execute(script)
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
        ((failures, should_warn, should_error),) = fetched(self.adapter, script)
        found = TestResultData(int(failures), bool(should_warn), bool(should_error), {})
        return self.build_test_run_result(self.node, found)
