"""What we take from Dagster's inside is still what its public functions hand out."""

import dagster as dg

from user_activity.orchestration.instance import private_names


def test_a_job_is_of_the_type_that_we_name() -> None:
    assert isinstance(dg.define_asset_job("any"), private_names.UnresolvedAssetJobDefinition)


def test_a_failure_carries_the_error_type_that_we_name() -> None:
    @dg.op
    def broken() -> None:
        raise ValueError("because")

    @dg.job(executor_def=dg.in_process_executor)
    def alone() -> None:
        broken()

    with dg.instance_for_test() as instance:
        failed = alone.execute_in_process(instance=instance, raise_on_error=False)
    (event,) = failed.get_step_failure_events()
    assert isinstance(event.step_failure_data.error, private_names.SerializableErrorInfo)


def test_ticks_and_retry_tags_are_those_of_the_instance() -> None:
    with dg.instance_for_test() as instance:
        assert instance.all_instigator_state(instigator_type=private_names.InstigatorType.SENSOR) == []
    assert private_names.WILL_RETRY_TAG == "dagster/will_retry"
    assert private_names.AUTO_RETRY_RUN_ID_TAG == "dagster/auto_retry_run_id"
