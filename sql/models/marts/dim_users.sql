{{ config(
    replaces="replaces_rebuilt_users",
    meta={"date_column": "valid_from"},
) }}

with

users as (
    select distinct user_key from {{ touched_users() }} as touched
),

activity as (
    select
        user_key,
        user_id,
        min(seen_at) as first_seen_at,
        coalesce(min(case when is_by_event = 1 then seen_date end), min(seen_date)) as first_seen_date,
        max(seen_date) as last_seen_date,
        {{ latest("device", "seen_at", "device") }} as device,
        {{ latest("country", "seen_at", "country") }} as country
    from ({{ user_sightings() }}) as sightings
    where user_key in (select user_key from users)
    group by user_key, user_id
),

profiles as (
    select
        stg_users.*,
        lead(updated_at) over (partition by user_key order by updated_at) as next_updated_at
    from {{ ref("stg_users") }} as stg_users
    where user_key in (select user_key from users)
),

first_profiles as (
    select user_key, min(updated_at) as updated_at
    from profiles
    group by user_key
),

-- Activity before a user's first profile belongs to a separate version without a profile.
versions as (
    select
        profiles.user_version_key,
        profiles.user_key,
        profiles.user_id,
        profiles.updated_at as valid_from,
        profiles.next_updated_at as valid_to,
        profiles.signed_up_at,
        profiles.updated_date as profile_date,
        profiles.name,
        profiles.email,
        profiles.country,
        profiles.device,
        profiles.language,
        profiles.plan,
        profiles.acquisition_channel,
        true as has_profile
    from profiles
    union all
    select
        {{ profileless_user_version_key("activity.user_id") }} as user_version_key,
        activity.user_key,
        activity.user_id,
        activity.first_seen_at as valid_from,
        first_profiles.updated_at as valid_to,
        null as signed_up_at,
        null as profile_date,
        null as name,
        null as email,
        null as country,
        null as device,
        null as language,
        null as plan,
        null as acquisition_channel,
        false as has_profile
    from activity
    left join first_profiles on first_profiles.user_key = activity.user_key
    where first_profiles.user_key is null or activity.first_seen_at < first_profiles.updated_at
),

final as (
    select
        versions.user_version_key,
        versions.user_key,
        versions.user_id,

        versions.valid_from,
        versions.valid_to,
        versions.signed_up_at,
        activity.first_seen_date,
        activity.last_seen_date,
        versions.profile_date,

        versions.name,
        versions.email,
        coalesce(versions.country, activity.country) as country,
        coalesce(versions.device, activity.device) as device,
        versions.language,
        versions.plan,
        versions.acquisition_channel,

        versions.valid_to is null as is_current,
        versions.has_profile
    from versions
    left join activity on activity.user_key = versions.user_key
)

select * from final
