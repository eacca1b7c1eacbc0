"""Text that would be a command somewhere stays text, through whatever door it comes and on every engine."""

import csv
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest import ingest
from user_activity.ingest.lake import manifest
from user_activity.ingest.landing import incoming
from user_activity.settings import Settings
from user_activity_tests.cli.conftest import Command, command  # noqa: F401 - a fixture
from user_activity_tests.platform import Platform, differences
from user_activity_tests.postgres import running_server

DAY = date(2025, 1, 10)
HOSTILE = (
    'it\'s "quoted"',
    "'; drop schema marts cascade; --",
    "{{ env_var('HOME') }}{% raw %}{{ this }}",
    "%s %(x)s %% $1 $$ :name ?",
    "${HOME} `touch canary` $(touch canary)",
    "../../../canary",
    "-rf --help",
    "=cmd|' /c calc'!a1",
    "<script>alert(1)</script> [x](javascript:y) | `z`",
    "two\nlines\tand a \x1b[31mcolour",
    "\u202ertl \u200bzero \ufeffbom 🦆 漢字",
    "a" * 5_000,
)
NAMES = tuple(text for text in HOSTILE if len(text) < 200)


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def event(number: int, **more: Any) -> dict[str, Any]:
    at = f"2025-01-10T10:{number:02}:00Z"
    return {"event_id": f"e{number}", "user_id": "ann", "event_type": "page_view", "event_at": at, **more}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "it's a; folder {{ x }} %s"


def test_file_names_are_kept_and_lead_nowhere(data_dir: Path, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=data_dir)
    folder = settings.incoming_dir / "events" / str(DAY)
    folder.mkdir(parents=True)
    names = [f"{name.replace('/', '⁄')}.jsonl" for name in NAMES if not name.startswith("..")]
    for number, name in enumerate(names):
        (folder / name).write_bytes(lines([event(number)]))
    ingest(settings, "events", [DAY])
    found = manifest.read(settings, "events", DAY)
    assert found
    assert {entry.file_name for entry in found.files} == set(names)
    assert {entry.rows_accepted for entry in found.files} == {1}
    assert not any(folder.iterdir())
    archived = [incoming.original_name(path.name) for path in (settings.archive_dir / "events" / str(DAY)).iterdir()]
    assert sorted(archived) == sorted(names)
    assert [path for path in tmp_path.iterdir() if path != data_dir] == []


def test_folders_that_are_no_source_or_no_date_are_not_followed(data_dir: Path) -> None:
    settings = Settings(_env_file=None, data_dir=data_dir)
    for name in NAMES:
        with suppress(OSError):
            folder = settings.incoming_dir / "events" / name.replace("/", "⁄")
            folder.mkdir(parents=True)
            (folder / "a.jsonl").write_bytes(lines([event(1)]))
    waiting = incoming.scan(settings, "events")
    assert len(waiting) > len(NAMES) - 3
    assert all(file.problem and "is a folder" in file.problem for file in waiting)


@pytest.mark.parametrize("text", NAMES)
def test_options_are_values(text: str, command: Command, data_dir: Path) -> None:  # noqa: F811
    data_dir.mkdir()
    canary = data_dir.parent / "canary"
    for option in ("--rule", "--file"):
        answer = command("quarantine", "list", f"{option}={text}")
        assert (answer.code, answer.out.strip()) == (0, "No quarantined records match.")
    assert command("quarantine", "list", f"--source={text}").code == 2
    assert command("withdraw", "--source=events", "--date=2025-01-10", "--", text).code == 2
    assert command("query", "--", text).code != 0
    assert not canary.exists()


@pytest.mark.parametrize("memory", ["1GB'; select 1; --", "${HOME}", "much"])
def test_what_is_no_amount_of_memory_is_refused(
    memory: str,
    command: Command,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
) -> None:
    data_dir.mkdir()
    monkeypatch.setenv("USER_ACTIVITY_WAREHOUSE_MEMORY", memory)
    answer = command("status")
    assert answer.code == 2
    assert "USER_ACTIVITY_WAREHOUSE_MEMORY is" in answer.err


def typed(text: str) -> str:
    """As an event type or a payment method: a list of them is separated by commas, and small."""
    return " ".join(text.lower().replace(",", "").split())


TYPES = tuple(dict.fromkeys(typed(text) for text in NAMES))


def deliver(platform: Platform) -> None:
    """Hostile text in every field of every source."""
    events = [
        event(
            number, event_type=TYPES[number % len(TYPES)], country=text, page_url=text, device=text, extra={text: text}
        )
        for number, text in enumerate(HOSTILE)
    ]
    orders = [
        {
            "order_id": text, "user_id": text, "order_at": "2025-01-10T12:00:00Z", "status": "paid",
            "payment_method": TYPES[number % len(TYPES)],
            "items": [{"product_id": text, "quantity": 1, "unit_price": "1.00"}],
        }
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    at = "2025-01-10T08:00:00Z"
    products = [{"product_id": t, "name": t, "category": t, "price": "1", "updated_at": at} for t in HOSTILE]
    users = [{"user_id": t, "name": t, "country": t, "updated_at": at} for t in HOSTILE]
    reviews = [
        {"review_id": t, "user_id": t, "product_id": t, "rating": 3, "review_at": at, "body": t} for t in HOSTILE
    ]
    given = {"events": events, "orders": orders, "products": products, "users": users, "reviews": reviews}
    for source, records in given.items():
        platform.drop(source, DAY, "{{ x }} '; --.jsonl", lines(records))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Platform]]:
    folder = tmp_path_factory.mktemp("it's; {{ x }} %s")
    funnels = folder / "'; -- {{ funnels }}.csv"
    with funnels.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["funnel", "step", "event_type", "window_seconds"])
        writer.writerows([name, 1, TYPES[0], 60] for name in NAMES)
    settings: dict[str, Any] = {
        "event_types": ",".join(TYPES),
        "payment_methods": ",".join(TYPES),
        "funnels_file": funnels,
        "field_maps": {"events": {"utm_source": {"const": NAMES[1]}, "utm_campaign": NAMES[2]}},
    }
    with running_server() as server:
        found = {
            "duckdb": Platform(folder / "duckdb", **settings),
            "postgres": Platform(
                folder / "postgres", **settings, warehouse="postgres", warehouse_url=server.fresh_database("shop")
            ),
        }
        for platform in found.values():
            deliver(platform)
            platform.run()
        yield found


@pytest.mark.long
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_every_field_and_setting_is_stored_as_it_came(built: dict[str, Platform], engine: str) -> None:
    platform = built[engine]
    assert platform.query("select count(*) from audit.bad_records") == [(0,)]
    for column in (
        *("fct_events.country", "fct_orders.user_id", "fct_order_items.product_id", "fct_reviews.body"),
        *("dim_products.name", "dim_users.country"),
    ):
        texts = platform.query(f"select {column} from marts.{column.partition('.')[0]}")
        assert {text for (text,) in texts} >= set(HOSTILE), column
    assert {name for (name,) in platform.query("select event_type from marts.dim_event_types")} == set(TYPES)
    assert {name for (name,) in platform.query("select funnel from metrics.funnel")} == set(NAMES)
    assert platform.query("select distinct utm_source from raw.events") == [(NAMES[1],)]
    for (properties,) in platform.query("select properties from marts.fct_events"):
        ((name, value),) = json.loads(properties)["extra"].items()
        assert name == value
        assert value in HOSTILE


@pytest.mark.long
def test_the_engines_hold_the_same(built: dict[str, Platform]) -> None:
    assert not differences(*(built[engine].tables() for engine in ("duckdb", "postgres")))
