"""Small files as other systems write them, each with the source and the map that are right for it."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    content: str | bytes
    source: str
    records: int
    field_map: dict[str, Any] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    """Columns of the first record that is accepted."""
    accepted: int | None = None


def _lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _ga4(name: str, at: int, params: dict[str, Any], **more: Any) -> dict[str, Any]:
    typed = [
        {"key": key, "value": {"int_value" if isinstance(value, int) else "string_value": value}}
        for key, value in params.items()
    ]
    return {
        "event_date": "20260105", "event_timestamp": at, "event_name": name, "event_params": typed, "user_id": None,
        "user_pseudo_id": f"{at % 7}.1700000000",
        "device": {"category": "mobile", "operating_system": "Android", "web_info": {"browser": "Chrome"}},
        "geo": {"country": "Germany", "city": "Berlin"}, "platform": "WEB",
        "traffic_source": {"source": "news", "medium": "email", "name": "winter"}, **more,
    }  # fmt: skip


GA4 = [
    _ga4(
        name,
        1767607200000000 + number,
        {"page_location": f"https://shop.example/{number}", "ga_session_id": 40 + number},
    )
    for number, name in enumerate(["page_view", "view_item", "add_to_cart", "session_start", "purchase"])
]

SEGMENT = [
    {"type": "track", "event": "Product Viewed", "messageId": "m1", "anonymousId": "a1", "userId": None,
     "timestamp": "2026-01-05T10:00:00.000Z", "sentAt": "2026-01-05T10:00:01Z",
     "context": {"page": {"url": "https://shop.example/p/1", "referrer": "https://search.example/"},
                 "userAgent": "Mozilla/5.0 (X11; Linux)", "ip": "192.0.2.1"},
     "properties": {"product_id": "p1", "currency": "EUR", "revenue": 12.5}},
    {"type": "page", "messageId": "m2", "anonymousId": "a1", "timestamp": "2026-01-05T10:00:05.000Z",
     "context": {"page": {"url": "https://shop.example/"}, "userAgent": "Mozilla/5.0 (X11; Linux)"}},
    {"type": "track", "event": "Order Completed", "messageId": "m3", "anonymousId": "a1", "userId": "u1",
     "timestamp": "2026-01-05T10:09:00.000Z", "context": {"page": {"url": "https://shop.example/done"}},
     "properties": {"order_id": "o1", "revenue": 20, "currency": "EUR"}},
]  # fmt: skip


def _shopify(number: int, status: str) -> dict[str, Any]:
    return {
        "id": 5000 + number, "created_at": "2026-01-05T10:00:00+01:00", "updated_at": "2026-01-05T11:00:00+01:00",
        "total_price": "25.00", "subtotal_price": "20.00", "total_tax": "3.19", "total_discounts": "0.00",
        "currency": "EUR", "financial_status": status, "name": f"#{number}", "source_name": "web",
        "customer": {"id": 700 + number, "email": f"c{number}@example.com", "created_at": "2025-01-05T10:00:00+01:00"},
        "shipping_address": {"city": "Berlin", "country_code": "DE"},
        "total_shipping_price_set": {"shop_money": {"amount": "5.00", "currency_code": "EUR"}},
        "line_items": [{"id": 1, "product_id": 11, "sku": "tea-1", "quantity": 2, "price": "10.00", "name": "Tea"}],
    }  # fmt: skip


KINDS = [
    Kind(
        "own.csv",
        "event_id,user_id,event_type,event_at,page_url\ne1,u1,page_view,2026-01-05T10:00:00Z,/\n"
        "e2,u1,click,2026-01-05T10:00:05Z,/a\n",
        "events", 2, {}, {"event_id": "e1", "event_type": "page_view"},
    ),
    Kind(
        "access.log",
        '192.0.2.1 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11)"\n'
        '192.0.2.1 - - [05/Jan/2026:10:00:01 +0000] "GET /a.css HTTP/1.1" 200 12 "http://x/" "Mozilla/5.0 (X11)" "-"\n',
        "events", 2, {}, {"event_type": "page_view", "page_url": "/"},
    ),
    Kind(
        "behaviour.csv",
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
        "2026-01-05 10:00:00 UTC,view,44600062,2103807459595387724,,acme,35.79,541312140,72d76fde-8bb3-4e00-8c23\n"
        "2026-01-05 10:00:04 UTC,cart,3900821,2053013552326770905,home.water,acme,33.20,554748717,9333dfbd-b87a-4708\n"
        "2026-01-05 10:02:04 UTC,purchase,3900821,2053013552326770905,home.water,acme,33.20,554748717,9333dfbd-b87a\n",
        "events", 3,
        {"roles": {"product_view": ["view"], "add_to_cart": ["cart"]},
         "session_id": "user_session"},
        {"event_type": "product_view", "user_id": "541312140", "session_id": "72d76fde-8bb3-4e00-8c23"},
    ),
    Kind(
        "invoices.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "600001,T1,GREEN TEA,6,2026-01-05 08:26:00,2.55,17850.0,United Kingdom\n"
        "600001,T2,BLACK TEA,2,2026-01-05 08:26:00,3.00,17850.0,United Kingdom\n"
        "600002,T2,BLACK TEA,1,2026-01-05 08:30:00,3.00,,France\n",
        "order_items", 3,
        {"order_id": "InvoiceNo", "product_id": "StockCode", "order_at": "InvoiceDate"},
        {"user_id": "17850", "order_id": "600001", "product_id": "T1", "quantity": "6.0000", "unit_price": "2.5500"},
    ),
    Kind(
        "headers.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at\n"
        "e481,9ef4,delivered,2026-01-02 10:56:33,2026-01-02 11:07:15\n53cd,b083,shipped,2026-01-03 20:41:37,\n",
        "orders", 2, {"order_at": "order_purchase_timestamp"}, {"order_id": "e481", "user_id": "9ef4"},
    ),
    Kind(
        "shop.csv",
        "Name,Financial Status,Currency,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,"
        "Lineitem price,Id\n"
        "#1,paid,EUR,5.00,4.79,30.00,2026-01-05 10:00:00 +0100,2,Tea,10.00,555\n"
        "#1,,,,,,2026-01-05 10:00:00 +0100,1,Cup,5.00,\n",
        "order_items", 2,
        {"order_id": "Name", "product_id": "Lineitem name", "quantity": "Lineitem quantity",
         "unit_price": "Lineitem price", "status": "Financial Status", "tax": "Taxes"},
        {"order_id": "#1", "product_id": "Tea", "unit_price": "10.0000", "shipping": "5.0000"},
    ),
    Kind(
        "order_lines.csv",
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "o1,1,p1,s1,2026-01-09 10:00:00,58.90,13.29\no1,2,p1,s1,2026-01-09 10:00:00,58.90,13.29\n",
        "order_items", 2, {}, {"line_id": "1", "unit_price": "58.9000", "shipping": "13.2900", "quantity": "1.0000"},
    ),
    Kind(
        "analytics.jsonl", _lines(GA4), "events", 5,
        {"user_id": "user_pseudo_id", "page_url": "event_params[key=page_location].value.string_value",
         "roles": {"product_view": ["view_item"]},
         "session_id": "event_params[key=ga_session_id].value.int_value", "device": "device.category",
         "browser": "device.web_info.browser", "os": "device.operating_system", "country": "geo.country",
         "utm_source": "traffic_source.source", "utm_medium": "traffic_source.medium",
         "utm_campaign": "traffic_source.name"},
        {"page_url": "https://shop.example/0", "session_id": "40", "browser": "Chrome", "utm_medium": "email"},
    ),
    Kind(
        "tracking.json", _lines(SEGMENT), "events", 3,
        {"event_id": "messageId", "user_id": ["userId", "anonymousId"],
         "event_type": ["event", "type"],
         "roles": {"product_view": ["Product Viewed"], "purchase": ["Order Completed"], "page_view": ["page"]},
         "page_url": "context.page.url", "referrer": "context.page.referrer", "user_agent": "context.userAgent"},
        {"user_id": "a1", "event_type": "product_view", "page_url": "https://shop.example/p/1", "product_id": "p1"},
    ),
    Kind(
        "orders.json", json.dumps({"orders": [_shopify(1, "paid"), _shopify(2, "voided")]}), "orders", 2,
        {"status": "financial_status", "statuses": {"cancelled": ["voided"]}, "channel": "source_name",
         "country": "shipping_address.country_code",
         "shipping": "total_shipping_price_set.shop_money.amount"},
        {"order_id": "5001", "user_id": "701", "status": "paid", "shipping": "5.0000", "country": "DE"},
    ),
    Kind(
        "bestellungen.csv",
        "Bestellung;Bestelldatum;Kunde;Zahlungsart;order_id;total;user_id;order_date\n"
        "A;x;Müller;bar;1;1.234,50;u1;05.01.2026\nB;y;Jörg;bar;2;7,5;u2;06.01.2026\n".encode("cp1252"),
        "orders", 2,
        {"file": {"encoding": "cp1252", "decimal": ","},
         "order_at": {"field": "order_date", "format": "%d.%m.%Y"}},
        {"revenue": "1234.5000", "order_at": "2026-01-05 00:00:00"},
    ),
    Kind(
        "cents.jsonl",
        _lines([{"order_id": 1, "customer_id": 2, "created_at": "2026-01-05", "total_cents": 1999}]),
        "orders", 1, {"revenue": {"expression": "total_cents / 100"}}, {"revenue": "19.9900"},
    ),
    Kind(
        "aligned.txt", " user_id action        ts          page\n u1      page_view     2026-01-05  /a,b\n"
        " u1      click         2026-01-06  /\n".replace("a,b", "1,5"),
        "events", 2, {"file": {"separator": "blanks"}}, {"page_url": "/1,5", "event_type": "page_view"},
    ),
]  # fmt: skip
