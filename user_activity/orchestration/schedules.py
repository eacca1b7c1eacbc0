"""Schedules: runs that depend on the calendar instead of new data."""

import dagster as dg

from user_activity.orchestration.date_ranges import DAY, monday
from user_activity.orchestration.jobs import BUILD, CATALOGUE
from user_activity.orchestration.partitions import range_tags


@dg.schedule(
    cron_schedule="0 2 * * *",
    job_name=BUILD,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds yesterday, even if no files landed.",
)
def close_of_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Build yesterday."""
    yesterday = context.scheduled_execution_time.date() - DAY
    return dg.RunRequest(run_key=yesterday.isoformat(), tags=range_tags([yesterday]))


@dg.schedule(
    cron_schedule="0 1 * * 1",
    job_name=CATALOGUE,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Fetches and ingests the product catalogue once per week.",
)
def weekly_catalogue(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Fetch and ingest this week's products."""
    week = monday(context.scheduled_execution_time.date())
    return dg.RunRequest(run_key=week.isoformat(), tags=range_tags([week]))
