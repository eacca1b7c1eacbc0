{{ config(
    replaces="replaces_all_rows",
    meta={"partitioned": true, "date_column": "period_start_date"},
) }}

with

periods as (
    {{ event_periods(("week", "month")) }}
),

numbers as (
    {% for number in range(1, 32) -%}
    select cast({{ number }} as integer) as active_days
    {{ "union all" if not loop.last }}
    {% endfor %}
),

grid as (
    select
        periods.period,
        periods.period_start_date,
        periods.is_over,
        cast(numbers.active_days as bigint) as active_days
    from periods
    inner join numbers
        on {{ add_days("periods.period_start_date", "(numbers.active_days - 1)") }} <= periods.period_end_date
),

counted as (
    select period, period_start_date, active_days, count(*) as users
    from {{ ref("int_user_periods") }}
    group by period, period_start_date, active_days
),

final as (
    select
        grid.period,

        grid.period_start_date,

        grid.active_days,
        case when grid.is_over then coalesce(counted.users, 0) end as users,
        cast(case
            when grid.is_over then sum(coalesce(counted.users, 0)) over (
                partition by grid.period, grid.period_start_date
                order by grid.active_days desc rows unbounded preceding
            )
        end as bigint) as users_at_least
    from grid
    left join counted
        on
            counted.period = grid.period
            and counted.period_start_date = grid.period_start_date
            and counted.active_days = grid.active_days
)

select * from final
