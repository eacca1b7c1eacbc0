"""Names that Dagster uses in its public answers and does not publish, each with the reason why we need it.

``user_activity_tests/orchestration/instance/test_private_names.py`` compares them with Dagster's own.
"""

# The type of what `dg.define_asset_job` returns.
# A sensor's or schedule's last ticks: the UI reads them through GraphQL only.
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick, TickStatus

# The tags that tell whether a failed run is retried, and by which run.
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

# The type of `error` and `cause` in the data of a failure event.
from dagster_shared.error import SerializableErrorInfo

__all__ = [
    "AUTO_RETRY_RUN_ID_TAG",
    "WILL_RETRY_TAG",
    "InstigatorState",
    "InstigatorTick",
    "InstigatorType",
    "SerializableErrorInfo",
    "TickStatus",
    "UnresolvedAssetJobDefinition",
]
