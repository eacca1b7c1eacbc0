"""Names that producers give to our columns, event types and statuses, as data. The contracts' own spellings are not
repeated.

All names are compared without regard to case, blanks, hyphens and underscores.
"""  # fmt: skip

from collections.abc import Mapping

from user_activity.setting_types import folded


def _split(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {column: tuple(text.split()) for column, text in names.items()}


NAMES = _split({
    "event_id": "message_id insert_id event_uuid hit_id log_id $insert_id event_guid",
    "user_id": "user_pseudo_id anonymous_id client_id uid member_id account_id profile_id buyer_id shopper_id "
    "cookie_id device_id full_visitor_id user_uuid person_id subscriber_id cust_id customer_no customer_number "
    "customer_code",
    "event_type": "activity activity_type type action_name event_kind behavior behavior_type interaction "
    "interaction_type kind verb event_action operation",
    "event_at": "event_datetime datetime date_time event_date date created_at occurred_at happened_at when server_time "
    "client_time logged_at log_time @timestamp utc_time invoice_date order_date purchase_date visit_time hit_time "
    "time_iso8601",
    "session_id": "user_session visit_id ga_session_id sid session_key session_uuid session_guid",
    "product_id": "stock_code article_id product_sku product_code item_sku item_code asin article_number",
    "order_id": "order order_no order_number invoice_no invoice invoice_number invoice_id purchase_id receipt_id "
    "order_ref",
    "quantity": "units item_count number_of_items num_items",
    "currency": "currency_iso iso_currency curr money_currency transaction_currency",
    "page_url": "page_location page_path path request_url uri request_uri href link current_url $current_url "
    "context.page.url",
    "referrer": "page_referrer http_referer http_referrer referring_url $referrer context.page.referrer",
    "device": "device.category device_category device_kind form_factor platform",
    "browser": "browser_name $browser device.web_info.browser",
    "os": "os_name $os device.operating_system",
    "user_agent": "http_user_agent browser_agent agent context.userAgent",
    "country": "country_name geo_country geo.country nation market context.location.country",
    "channel": "acquisition_channel marketing_channel traffic_channel channel_group sales_channel source_name",
    "utm_source": "campaign_source traffic_source.source context.campaign.source",
    "utm_medium": "campaign_medium traffic_source.medium context.campaign.medium",
    "utm_campaign": "campaign campaign_name traffic_source.name context.campaign.name",
    "updated_at": "last_modified date_modified changed_at modified modified_on updated_on",
    "events.revenue": "purchase_revenue transaction_revenue order_total total total_price total_amount order_value "
    "sales gmv spend dollar_value ecommerce.purchase_revenue event_value",
    "orders.revenue": "grand_total total_paid order_amount sales order_price invoice_total dollar_value spend gmv",
    "line_id": "line_no line_item_no order_line order_line_no order_detail_id item_no item_number lineitem_id",
    "order_items.product_id": "stock_code article_id product_sku product_code item_sku item_code asin article_number "
    "article lineitem_sku product_name item_name item description lineitem_name",
    "order_items.quantity": "units item_count number_of_items num_items qty_ordered quantity_ordered order_quantity "
    "pieces lineitem_quantity count",
    "unit_price": "price_each unit_cost selling_price sale_price price_per_item item_cost rate lineitem_price",
    "amount": "line_subtotal line_value row_total item_total extended_amount line_sales",
    "order_total": "grand_total invoice_total",
    "order_items.discount": "lineitem_discount discount_value",
    "order_items.user_id": "buyer_id shopper_id member_id account_id client_id cust_id customer_no customer_number "
    "customer_code",
    "order_at": "placed purchased_at purchase_date order_purchase_timestamp purchase_timestamp order_time "
    "order_created_at invoice_date processed_at date datetime created when",
    "status": "financial_status payment_status order_state",
    "payment_method": "gateway payment_gateway payment_method_title paid_with",
    "discount": "coupon_amount discounts discount_value",
    "tax": "vat taxes tax_total sales_tax vat_amount",
    "shipping": "shipping_total delivery_fee freight postage total_shipping_price_set.shop_money.amount",
    "refund": "refunded refund_total total_refunded",
    "refunded_at": "refunded_on refund_time",
    "items": "order_lines cart basket positions articles",
    "orders.country": "billing_country shipping_address.country_code billing_address.country_code country_name nation",
    "products.name": "product_title item_name label product_label",
    "category": "product_type department category_code product_group",
    "price": "retail_price sale_price product_price current_price item_price",
    "brand": "vendor brand_name make",
    "subcategory": "product_subcategory finer_category",
    "is_active": "in_stock enabled is_available on_sale",
    "signed_up_at": "created joined sign_up_date member_since registered registered_on date_joined joined_on",
    "users.name": "customer_name user_full_name nickname",
    "email": "user_email contact_email customer_email",
    "language": "preferred_language lang_code",
    "plan": "membership subscription_plan plan_name membership_level",
    "acquisition_channel": "marketing_channel referral_source signup_source acquisition_source",
    "review_id": "review_uuid review_no",
    "reviews.user_id": "reviewer author reviewer_no client_id member_id account_id buyer_id",
    "rating": "star_rating review_rating rate grade overall",
    "review_at": "date datetime created posted_at submission_time review_time written_at submitted_at "
    "unix_review_time",
    "title": "review_title review_headline",
    "body": "review_body review review_comment message comments",
})  # fmt: skip
"""Column, or source and column, to names; those of a source win over those of every source."""

WEAK = _split({
    "user_id": "id email user_email customer_email buyer_email ip ip_address remote_addr",
    "event_type": "name category page screen",
    "event_at": "sent_at received_at original_timestamp updated_at",
    "events.revenue": "price unit_price",
    "product_id": "variant_id product",
    "order_id": "checkout_id name",
    "order_items.order_id": "name",
    "channel": "source medium",
    "status": "fulfillment_status",
    "orders.revenue": "subtotal subtotal_price",
    "category": "type group",
    "price": "cost unit_cost",
    "name": "description first_name",
    "updated_at": "date datetime",
})  # fmt: skip
"""Names that may mean the column: proposed only where it is required and no better name is there."""

EITHER = {"order_items": ("unit_price", "amount")}
"""Columns of which a record needs at least one."""

EXPECTED = {"orders": ("items", "revenue")}
"""Columns of which most files have one. Without any, the lines of orders are files of their own."""

MARKS = {"events": "event_type", "orders": "items", "reviews": "rating"}
"""Of other sources, the column that no line of an order has."""

LINE_PREFIX = "lineitem"
"""How fields begin that only lines of orders have. Without one, a field that may be an order id is no hint of lines."""

UNIT_PRICES = ("unit_price", "price", "item_price", "price_per_unit")
"""Fields that, times the quantity, are the amount of an order line."""

CONTAINERS = frozenset(
    """properties metadata context data attributes payload event record params traits eventparams customdata fields
    body page device geo ecommerce""".split()
)
"""Objects that only group fields: what is in them belongs to the record itself."""

GENERIC = frozenset(("id", "name", "type", "value", "time", "date", "count", "source", "key"))
"""Names that say nothing without the object that they are in."""

VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "event_type": {
        "page_view": ("page", "pageview", "$pageview", "page viewed", "viewed page", "screen", "screen_view"),
        "product_view": ("view", "view_item", "product viewed", "viewed product", "item_view", "product_detail"),
        "add_to_cart": ("cart", "product added", "added to cart", "add_to_basket", "add_cart"),
        "remove_from_cart": ("product removed", "removed from cart", "remove_from_basket"),
        "checkout": ("begin_checkout", "checkout started", "initiate_checkout", "start_checkout"),
        "purchase": ("buy", "bought", "order completed", "order placed", "purchased", "transaction"),
        "search": ("view_search_results", "products searched", "searched"),
        "click": ("select_item", "clicked", "tap"),
        "login": ("signed in", "sign_in", "logged in"),
        "logout": ("signed out", "sign_out", "logged out"),
        "signup": ("sign_up", "signed up", "register", "registered", "registration", "complete_registration"),
        "refund": ("order refunded", "refunded"),
        "video_play": ("video_start", "video started"),
    },
    "status": {
        "pending": ("authorized", "on_hold", "unpaid", "awaiting_payment", "open"),
        "paid": ("captured", "partially_paid"),
        "completed": ("fulfilled", "closed", "done", "success"),
        "cancelled": ("voided", "canceled", "expired"),
        "failed": ("declined", "error"),
    },
    "payment_method": {
        "card": ("visa", "mastercard", "amex", "stripe", "shopify_payments"),
        "cash_on_delivery": ("cod",),
        "bank_transfer": ("wire", "bank_deposit", "bacs"),
    },
}
"""Column, then our value, then the values that mean it."""

LOOKS = {
    "email": r"[^@\s]+@[^@\s]+\.\w+",
    "page_url": r"(\w+://|/|www\.).*",
    "referrer": r"(\w+://|/|www\.).*|\(direct\)|direct",
    "user_agent": r"\S+/\S+.*|.*\(.*\).*",
    "country": r"[^\d@/]{2,60}",
}
"""What a column's values look like, as patterns; a field whose values do not is only taken for the contract's names."""

BY_LOOK = {
    "user_agent": (r"Mozilla/\d.*", "user agents"),
    "page_url": (r"https?://\S+", "addresses of pages"),
    "email": (r"[^@\s]+@[^@\s]+\.\w+", "e-mail addresses"),
}
"""Columns that are recognised by their values under any name."""


def names_of(source: str, column: str, table: Mapping[str, tuple[str, ...]] = NAMES) -> tuple[str, ...]:
    """The names of a source's column in a table."""
    return table.get(f"{source}.{column}", table.get(column, ()))


def meaning(column: str, value: str) -> str | None:
    """Our name for a producer's value of a column."""
    plain = folded(value)
    found = VALUES.get(column, {}).items()
    return next((ours for ours, theirs in found if plain in map(folded, theirs)), None)
