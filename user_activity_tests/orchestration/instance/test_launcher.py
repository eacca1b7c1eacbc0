"""Whether a launched run is alive: asked of the code server that started it."""

from collections.abc import Callable
from types import SimpleNamespace

import dagster as dg
import grpc
import pytest
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import WorkerStatus
from dagster._grpc.types import CanCancelExecutionResult
from dagster._serdes import serialize_value

from user_activity.orchestration.instance.launcher import WatchingRunLauncher


class ServerError(grpc.RpcError):
    """What gRPC raises where a server does not answer."""

    def __init__(self, status: grpc.StatusCode) -> None:
        super().__init__()
        self.status = status

    def code(self) -> grpc.StatusCode:
        return self.status


def answers(can_cancel: bool) -> Callable[[object], str]:
    return lambda request: serialize_value(CanCancelExecutionResult(can_cancel=can_cancel))


def fails_with(status: grpc.StatusCode) -> Callable[[object], str]:
    def fail(request: object) -> str:
        raise DagsterUserCodeUnreachableError("no answer") from ServerError(status)

    return fail


@pytest.mark.parametrize(
    ("ask", "status", "reason"),
    [
        (answers(can_cancel=True), WorkerStatus.RUNNING, None),
        (answers(can_cancel=False), WorkerStatus.FAILED, "process is gone"),
        (fails_with(grpc.StatusCode.UNAVAILABLE), WorkerStatus.FAILED, "server that started it is gone"),
        (fails_with(grpc.StatusCode.DEADLINE_EXCEEDED), WorkerStatus.RUNNING, None),
        (None, WorkerStatus.RUNNING, None),
    ],
    ids=["its process lives", "its process is gone", "its server is gone", "its server is slow", "no server is known"],
)
def test_a_run_is(
    ask: Callable[[object], str] | None, status: WorkerStatus, reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ask and SimpleNamespace(can_cancel_execution=ask)
    monkeypatch.setattr(WatchingRunLauncher, "_get_grpc_client_for_termination", lambda self, run_id: client)
    with dg.instance_for_test() as instance:
        launcher = WatchingRunLauncher()
        launcher.register_instance(instance)
        run = instance.create_run_for_job(dg.GraphDefinition(name="any").to_job(), status=dg.DagsterRunStatus.STARTED)
        found = launcher.check_run_worker_health(run)
        assert found.status is status
        assert (reason or "") in (found.msg or "")
        # A backfill that looks before the daemon has marked the run must know whether it is retried.
        noted = "dagster/will_retry" in instance.get_run_by_id(run.run_id).tags  # type: ignore[union-attr]
        assert noted is (status is WorkerStatus.FAILED)
