-- Sales by month
-- The months that begin in this range, newest first, per currency (metrics.payment_summary). Growth compares net
-- revenue with the previous month in the table; the newest month may not be over.
with months as (
    select
        dates.month_start_date,
        payments.currency,
        sum(payments.successful_orders) as orders,
        sum(payments.gross_revenue) as gross_revenue,
        sum(payments.discount) as discount,
        sum(payments.refund) as refund,
        sum(payments.net_revenue) as net_revenue
    from metrics.payment_summary as payments
    join marts.dim_dates as dates on dates.date_day = payments.revenue_date
    where
        $__timeFilter(dates.month_start_date)
        and payments.currency = any(array[${currency:sqlstring}]::text[])
    group by 1, 2
)

select
    to_char(month_start_date, 'YYYY-MM') as "month",
    currency as "currency",
    orders as "orders",
    (gross_revenue - discount) / nullif(orders, 0) as "average order value",
    gross_revenue as "gross revenue",
    discount as "discount",
    refund as "refund",
    net_revenue as "net revenue",
    net_revenue / nullif(lag(net_revenue) over (partition by currency order by month_start_date), 0) - 1 as "growth"
from months
order by month_start_date desc, currency
