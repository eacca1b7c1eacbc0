"""Schedules: runs that depend on the calendar instead of new data."""

import dagster as dg

from user_activity.orchestration.date_ranges import DAY, monday
from user_activity.orchestration.jobs import BUILD, CATALOGUE, EXTRACT
from user_activity.orchestration.partitions import range_tags
from user_activity.settings import Settings


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


hourly_extract = dg.ScheduleDefinition(
    name="hourly_extract",
    cron_schedule="15 * * * *",
    job_name=EXTRACT,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lands new and changed rows of the sources' databases once per hour; sensors ingest the files.",
)


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return all schedules; that of extracts only if a source has a database."""
    return [close_of_day, weekly_catalogue, *([hourly_extract] if settings.databases else [])]
