"""Private Dagster names that appear in its public API, each with the reason why we need it.

``user_activity_tests/orchestration/instance/test_private_names.py`` compares them with Dagster's own.
"""

# Instigator*: the last ticks of sensors and schedules, otherwise available only through GraphQL.
# UnresolvedAssetJobDefinition: the type that `dg.define_asset_job` returns.
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick, TickStatus

# The tags that say whether a failed run is retried, and by which run.
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
