{{ config(replaces="replaces_all_rows") }}

{#- An event's reporting day can be one day before or after its UTC day. -#}
{%- set slack = 0 if setting_timezone() == "UTC" else 1 %}

with

bounds as (
    select
        {{ add_days("min(greatest(known_date, " ~ setting_start_date() ~ "))", -slack) }} as first_date,
        {{ add_days("max(known_date)", slack) }} as last_date
    from (
        select utc_date as known_date from {{ source("audit", "landed_dates") }}
        union all
        select landing_date as known_date from {{ source("audit", "landed_files") }}
    ) as known_dates
),

days as (
    select series.day as date_day
    from bounds
    cross join {{ days_between("cast('1970-01-01' as date)", "cast('2099-12-31' as date)") }} as series
    where
        extract(year from series.day) between extract(year from coalesce(bounds.first_date, {{ setting_start_date() }}))
        and extract(year from coalesce(bounds.last_date, {{ setting_start_date() }}))
),

final as (
    select
        cast(
            extract(year from days.date_day) * 10000
            + extract(month from days.date_day) * 100
            + extract(day from days.date_day) as integer
        ) as date_key,

        days.date_day,
        {{ week_start("days.date_day") }} as week_start_date,
        cast(date_trunc('month', days.date_day) as date) as month_start_date,
        cast(date_trunc('quarter', days.date_day) as date) as quarter_start_date,
        cast(date_trunc('year', days.date_day) as date) as year_start_date,

        holidays.holiday_name,

        cast(extract(year from days.date_day) as integer) as year_number,
        cast(extract(quarter from days.date_day) as integer) as quarter_of_year,
        cast(extract(month from days.date_day) as integer) as month_of_year,
        cast(extract(day from days.date_day) as integer) as day_of_month,
        {{ iso_weekday("days.date_day") }} as iso_weekday,
        {{ iso_week("days.date_day") }} as iso_week,
        {{ iso_year("days.date_day") }} as iso_year,

        {{ iso_weekday("days.date_day") }} >= 6 as is_weekend,
        holidays.holiday_name is not null as is_holiday
    from days
    left join {{ source("audit", "holidays_file") }} as holidays on holidays.holiday_date = days.date_day
)

select * from final
