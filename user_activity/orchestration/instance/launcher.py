"""How the daemon starts runs: as Dagster does, and it can tell whether one still lives.

Dagster's own launcher cannot, so that after a crash of the machine a run would count as started until its time limit,
holding the warehouse's pool and its dates all the while.
"""

import grpc  # type: ignore[import-untyped]
from dagster import DagsterRun, DagsterRunStatus
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value


class WatchingRunLauncher(DefaultRunLauncher):
    """Asks the server that a run was started by whether it still has it."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError as error:
            if isinstance(error.__cause__, grpc.RpcError) and error.__cause__.code() is grpc.StatusCode.UNAVAILABLE:
                return self._gone(run, "The server that started it is gone.")
            return CheckRunHealthResult(WorkerStatus.RUNNING)  # only slow to answer
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return self._gone(run, "Its process is gone.")

    def _gone(self, run: DagsterRun, reason: str) -> CheckRunHealthResult:
        """The answer that makes the daemon mark the run as failed.

        Whether it is started again is noted on it first. Dagster notes that after it has marked the run, and a backfill
        that looks in between takes it for lost, ends as failed, and then keeps it from being started again.
        """
        again = auto_reexecution_should_retry_run(self._instance, run.with_status(DagsterRunStatus.FAILURE), None)
        self._instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: str(again).lower()})
        return CheckRunHealthResult(WorkerStatus.FAILED, reason)
