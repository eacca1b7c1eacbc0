"""The daemon's run launcher: Dagster's default one, plus a health check of runs.

Without the check, a run would count as started until its time limit after the machine has crashed, and would block the
warehouse's pool and its dates until then.
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
    """Asks the gRPC server that started a run whether it is still running."""

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
        """Return the answer that makes the daemon mark the run as failed.

        First sets the tag that says whether the run will be retried. Dagster sets it only after marking the run as
        failed. A backfill that looks in between would treat the run as lost, fail, and then prevent the retry.
        """
        again = auto_reexecution_should_retry_run(self._instance, run.with_status(DagsterRunStatus.FAILURE), None)
        self._instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: str(again).lower()})
        return CheckRunHealthResult(WorkerStatus.FAILED, reason)
