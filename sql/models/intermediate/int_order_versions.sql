{{ config(meta={"partitioned": true, "date_column": "version_date", "read_by_plan": true}) }}

-- Copies of one version, delivered twice, are one row.
select distinct
    {{ record_key("orders") }} as order_key,

    event_date as version_date,
    updated_at,
    refunded_at,

    status,
    refund,
    {{ order_has_refund() }} as has_refund
from {{ raw_rows("orders", rebuilt_ranges()) }} as received
