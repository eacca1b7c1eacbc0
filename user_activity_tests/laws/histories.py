"""Random small histories of a shop, and random ways to deliver them: the matter that the laws are tried on."""

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import assume
from hypothesis import strategies as st

FIRST_DAY = date(2025, 1, 1)
SPAN_DAYS = 200
CATALOGUE = ("page_view", "product_view", "add_to_cart", "checkout", "purchase", "search", "refund")
SETTINGS = {"orders_without_lines": True}
"""What histories need: some orders have their lines in files of their own."""
Record = dict[str, Any]


@dataclass(frozen=True)
class File:
    """A file to land: its records in order, and when and as what it comes."""

    source: str
    landing_date: date
    name: str
    records: tuple[Record, ...]

    def write(self, folder: Path) -> Path:
        """Write the file below ``folder`` in the format that its name says."""
        target = folder / self.source / self.landing_date.isoformat() / self.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode(self.records, self.name))
        return target


def encode(records: tuple[Record, ...], name: str) -> bytes:
    """Records in the format that a file name says."""
    if name.endswith(".jsonl"):
        return "".join(json.dumps(record) + "\n" for record in records).encode()
    if name.endswith(".jsonl.gz"):
        return gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode(), mtime=0)
    if name.endswith(".json"):
        return json.dumps(list(records)).encode()
    columns = list(dict.fromkeys(column for record in records for column in record))
    if name.endswith(".csv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="")
        writer.writeheader()
        writer.writerows(records)
        return text.getvalue().encode()
    raise ValueError(name)


@dataclass
class History:
    """Every record once, in the order of truth: of two with one key, the later one stands."""

    records: dict[str, list[Record]] = field(default_factory=lambda: {source: [] for source in FORMATS})


FORMATS = {
    "events": (".jsonl", ".csv", ".json", ".jsonl.gz"),
    "orders": (".jsonl", ".json"),
    "order_items": (".jsonl", ".csv", ".json"),
    "products": (".jsonl", ".json"),
    "users": (".jsonl", ".csv", ".json"),
    "reviews": (".jsonl", ".csv"),
}

#: A few days, some next to each other, some months apart: sessions over midnight and long lateness both happen.
DAYS = (0, 1, 2, 45, 46, 120, 199)


def moments() -> st.SearchStrategy[datetime]:
    """Times that crowd around midnights, session gaps and each other."""
    minutes = st.one_of(st.sampled_from((0, 5, 29, 30, 31, 60, 720, 1410, 1425, 1439)), st.integers(0, 1439))
    return st.builds(
        lambda day, minute: datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=day, minutes=minute),
        st.sampled_from(DAYS),
        minutes,
    )


def iso(moment: datetime) -> str:
    return moment.isoformat() + "Z"


USERS = st.sampled_from(("ann", "bob", "cy", "dee"))
CUSTOMERS = st.one_of(USERS, st.none())
"""Nobody is the customer of a guest's order."""
PRODUCTS = st.sampled_from(("p1", "p2", "p3"))


GROUPS = 2
"""A run costs the same for few records as for some more: an example is as many shops side by side."""


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Some shops that share nothing but the days on which things happen in them."""
    together = History()
    for group in range(GROUPS):
        for source, records in draw(one_history()).records.items():
            together.records[source] += [_named(record, group) for record in records]
    versions = versions_of_events(together).values()
    moved = [records for records in versions if len({event_day("events", record) for record in records}) > 1]
    assume(len(versions) >= 10 * GROUPS and len(moved) >= 2 and together.records["orders"])
    return together


def _named(record: Record, group: int) -> Record:
    """The record with keys of its group's own."""
    named = {
        key: f"{value}-{group}" if key.endswith("_id") and value is not None else value for key, value in record.items()
    }
    return named | {"items": [_named(item, group) for item in record["items"]]} if "items" in record else named


@st.composite
def one_history(draw: st.DrawFn) -> History:
    """Events (some corrected to another time), orders with their later states, profiles, products and reviews."""
    history = History()
    for number in range(draw(st.integers(3, 25))):
        event = {
            "event_id": f"e{number}",
            "user_id": draw(USERS),
            "event_type": draw(st.sampled_from(CATALOGUE)),
            "event_at": iso(draw(moments())),
        }
        if draw(st.booleans()):
            event["session_id"] = draw(st.sampled_from(("s1", "s2")))
        if draw(st.booleans()):
            event["product_id"] = draw(PRODUCTS)
        if draw(st.booleans()):
            event["page_url"] = draw(st.sampled_from(("https://shop.example/a", "https://shop.example/b")))
        if draw(st.booleans()):
            event["utm_medium"] = draw(st.sampled_from(("email", "affiliate", "organic")))
        if draw(st.integers(0, 9)) == 0:
            event["user_agent"] = "Googlebot/2.1"
        if event["event_type"] == "purchase":
            event |= {"revenue": "12.50", "currency": draw(st.sampled_from(("USD", "EUR")))}
        history.records["events"].append(event)
        if draw(st.integers(0, 7)) == 0:
            history.records["events"].append(event | {"event_at": iso(draw(moments())), "user_id": draw(USERS)})
    for number in range(draw(st.integers(0, 5))):
        placed = draw(moments())
        order = {
            "order_id": f"o{number}",
            "user_id": draw(CUSTOMERS),
            "order_at": iso(placed),
            "updated_at": iso(placed),
            "status": "completed",
            "currency": draw(st.sampled_from(("USD", "EUR"))),
            "discount": "1.00",
            "session_id": "s1",
            "items": [
                {"product_id": draw(PRODUCTS), "quantity": draw(st.integers(1, 3)), "unit_price": "9.99"}
                for _ in range(draw(st.integers(1, 3)))
            ],
        }
        history.records["orders"].append(order)
        for later in range(draw(st.integers(0, 2))):
            status = draw(st.sampled_from(("shipped", "refunded", "cancelled", "partially_refunded")))
            changed = order | {"status": status, "updated_at": iso(placed + timedelta(days=later + 1, hours=1))}
            if status == "refunded":
                changed["refunded_at"] = changed["updated_at"]
            if status == "partially_refunded":
                changed["refund"] = draw(st.sampled_from(("1.00", "2.50", "4.00")))
            if draw(st.integers(0, 5)) == 0:
                times = draw(st.lists(moments(), max_size=2))
                changed["refunds"] = [{"amount": "1.25", "refunded_at": iso(at)} for at in times]
            if draw(st.integers(0, 3)) == 0:
                changed["order_at"] = iso(draw(moments()))
            if draw(st.integers(0, 3)) == 0:
                changed["user_id"] = draw(CUSTOMERS)
            history.records["orders"].append(changed)
        if draw(st.booleans()):
            del_items(history.records["orders"], order["order_id"])
        history.records["order_items"] += draw(lines_of(order["order_id"], placed))
    for number in range(draw(st.integers(0, 3))):
        history.records["order_items"] += draw(lines_of(f"l{number}", draw(moments())))
    for kind, names, least in (("users", USERS, 0), ("products", PRODUCTS, 0)):
        versions = draw(st.sets(st.tuples(names, moments()), min_size=least, max_size=6))
        for entity, moment in sorted(versions):
            if kind == "users":
                record = {"user_id": entity, "updated_at": iso(moment), "country": draw(st.sampled_from(("SE", "DE")))}
            else:
                record = {
                    "product_id": entity,
                    "updated_at": iso(moment),
                    "name": entity.upper(),
                    "category": draw(st.sampled_from(("tea", "cups"))),
                    "price": "9.99",
                }
            history.records[kind].append(record)
    for number in range(draw(st.integers(0, 3))):
        history.records["reviews"].append(
            {
                "review_id": f"r{number}",
                "user_id": draw(USERS),
                "product_id": draw(PRODUCTS),
                "rating": draw(st.integers(1, 5)),
                "review_at": iso(draw(moments())),
            }
        )
    return history


def del_items(orders: list[Record], order_id: str) -> None:
    """The lines of the order are in files of their own."""
    for order in orders:
        if order["order_id"] == order_id:
            order.pop("items")


@st.composite
def lines_of(draw: st.DrawFn, order_id: str, placed: datetime) -> list[Record]:
    """Lines of an order in files of their own, each with its later states: corrected, moved, given back in part."""
    lines: list[Record] = []
    customer = draw(CUSTOMERS)
    for number in range(draw(st.integers(0, 2))):
        line = {
            "order_id": order_id,
            "line_id": str(number),
            "product_id": draw(st.one_of(PRODUCTS, st.just("gift"))),
            "quantity": draw(st.sampled_from((1, 3, "1.5"))),
            "unit_price": draw(st.sampled_from(("9.99", "3.33"))),
            "order_at": iso(placed),
            "updated_at": iso(placed),
            "user_id": customer,
            "discount": draw(st.sampled_from(("0", "0.50"))),
        }
        lines.append(line)
        for later in range(draw(st.integers(0, 1))):
            changed = line | {"updated_at": iso(placed + timedelta(days=later + 1))}
            lines.append(
                changed
                | draw(
                    st.sampled_from(
                        (
                            {"quantity": 2},
                            {"order_at": iso(draw(moments()))},
                            {"user_id": draw(CUSTOMERS)},
                            {"refund": "2"},
                        )
                    )
                )
            )
        if draw(st.integers(0, 2)) == 0:
            at = draw(moments())
            lines.append(line | {"quantity": "-0.5", "order_at": iso(at), "updated_at": iso(at)})
    return lines


def versions_of_events(history: History) -> dict[str, list[Record]]:
    """The records of each event id, first to last."""
    versions: dict[str, list[Record]] = {}
    for event in history.records["events"]:
        versions.setdefault(event["event_id"], []).append(event)
    return versions


def clean_delivery(history: History) -> list[File]:
    """Everything once: first versions of events on one landing date, their corrections on the next."""
    last = FIRST_DAY + timedelta(days=SPAN_DAYS + 1)
    files = [
        File(source, last, "all.jsonl", tuple(records))
        for source, records in history.records.items()
        if source != "events" and records
    ]
    versions = versions_of_events(history)
    for number in range(2):
        batch = tuple(records[number] for records in versions.values() if len(records) > number)
        if batch:
            files.append(File("events", last + timedelta(days=number), "all.jsonl", batch))
    return files


def event_day(source: str, record: Record) -> date:
    column = {"events": "event_at", "orders": "order_at", "order_items": "order_at", "reviews": "review_at"}.get(
        source, "updated_at"
    )
    return datetime.fromisoformat(record[column]).date()


@st.composite
def deliveries(draw: st.DrawFn, history: History) -> list[File]:
    """The same records split over files, days, formats, with duplicates; late by up to the history's whole span."""
    batches: dict[tuple[str, date, str], list[Record]] = {}

    def put(source: str, record: Record, earliest: date) -> date:
        last = FIRST_DAY + timedelta(days=SPAN_DAYS)
        lateness = draw(st.sampled_from((0, 0, 0, 1, 40, SPAN_DAYS)))
        landing = min(max(event_day(source, record), earliest) + timedelta(days=lateness), max(last, earliest))
        suffix = draw(st.sampled_from(FORMATS[source]))
        name = f"{draw(st.sampled_from(('a', 'b')))}{suffix}"
        batches.setdefault((source, landing, name), []).append(record)
        return landing

    for source, records in history.records.items():
        if source == "events":
            continue
        for record in records:
            for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
                put(source, record, FIRST_DAY)
    for records in versions_of_events(history).values():
        landed = FIRST_DAY
        for record in records:
            earliest = landed
            for _ in range(draw(st.sampled_from((1, 1, 1, 2)))):
                landed = max(landed, put("events", record, earliest) + timedelta(days=1))
    files = [File(source, landing, name, tuple(records)) for (source, landing, name), records in batches.items()]
    return draw(st.permutations(files))


def parquet(records: list[Record], path: Path) -> Path:
    """Write records as Parquet, typed as DuckDB infers them from JSON."""
    source = path.with_suffix(".source.jsonl")
    source.write_text("".join(json.dumps(record) + "\n" for record in records))
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * from read_json(?)) to '" + str(path).replace("'", "''") + "' (format parquet)",
            [str(source)],
        )
    source.unlink()
    return path
