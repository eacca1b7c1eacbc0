{{ config(
    materialized="view",
    meta={"partitioned": true, "date_column": "metric_date", "written_whole": true},
) }}

with

volumes as (
    select * from {{ ref("daily_volumes") }}
),

builds as (
    select
        counts.partition_date as metric_date,
        runs.seconds as runtime_seconds,
        row_number() over (
            partition by counts.partition_date order by runs.ended_at desc, runs.run_id desc
        ) as build_rank
    from {{ source("audit", "row_counts") }} as counts
    inner join {{ source("audit", "pipeline_runs") }} as runs on runs.run_id = counts.run_id
    where counts.relation = 'metrics.daily_volumes' and runs.state = 'success'
),

known_dates as (
    select distinct run_date as metric_date from {{ source("audit", "run_dates") }}
),

-- Checks that have failed at least once. Most never fail, so the latest evaluation is searched only for these.
doubtful as (
    select distinct relation, check_name from {{ source("audit", "dq_results") }} where not passed
),

evaluations as (
    select
        dates.run_date as metric_date,
        results.passed,
        results.severity,
        row_number() over (
            partition by dates.run_date, results.relation, results.check_name
            order by results.evaluated_at desc, results.run_id desc
        ) as evaluation_rank
    from {{ source("audit", "dq_results") }} as results
    inner join doubtful on doubtful.relation = results.relation and doubtful.check_name = results.check_name
    inner join {{ source("audit", "run_dates") }} as dates
        on
            dates.run_id = results.run_id
            and dates.run_date = coalesce(results.partition_date, dates.run_date)
),

failures as (
    select
        metric_date,
        count(*) as failed_checks,
        sum(case when severity = 'warn' then 1 else 0 end) as warned_checks
    from evaluations
    where evaluation_rank = 1 and not passed
    group by metric_date
),

final as (
    select
        volumes.metric_date,

        volumes.files_landed,
        volumes.rows_landed,
        volumes.rows_accepted,
        volumes.rows_quarantined,
        volumes.rows_late,
        volumes.rows_duplicate,
        volumes.rows_staged,
        volumes.events,
        volumes.bot_events,
        volumes.users,
        volumes.sessions,
        volumes.orders,
        volumes.revenue,
        volumes.acceptance_rate,
        volumes.unique_rate,
        builds.runtime_seconds,
        case when known_dates.metric_date is not null then coalesce(failures.failed_checks, 0) end as failed_checks,
        cast(
            case when known_dates.metric_date is not null then coalesce(failures.warned_checks, 0) end as bigint
        ) as warned_checks
    from volumes
    left join builds on builds.metric_date = volumes.metric_date and builds.build_rank = 1
    left join known_dates on known_dates.metric_date = volumes.metric_date
    left join failures on failures.metric_date = volumes.metric_date
)

select * from final
