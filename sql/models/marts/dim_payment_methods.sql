{{ config(replaces="replaces_all_rows") }}

{%- set catalogue = setting_names("USER_ACTIVITY_PAYMENT_METHODS", "card") %}

with

payment_methods as (
    {% for payment_method in catalogue -%}
    select '{{ payment_method | replace("'", "''") }}' as payment_method
    union
    {% endfor -%}
    select payment_method from {{ ref("int_orders") }} where payment_method is not null
),

final as (
    select
        {{ surrogate_key(["payment_method"]) }} as payment_method_key,
        payment_method
    from payment_methods
)

select * from final
