"""What an operator sees: the lineage, an asset's page, and a partition, in a real browser."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from user_activity_tests.programs import program
from user_activity_tests.service.processes import Service, events, wait_for

CHROMIUM, needs_chromium = program("chromium", "chromium")
pytestmark = [pytest.mark.timeout(900), needs_chromium]

DAY = date(2025, 3, 3)
LAYERS = ["audit", "intermediate", "landing", "marts", "metrics", "published", "raw", "staging"]
# Chromium asks its makers for updates unless it is told not to, which a closed network refuses.
QUIETLY = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def built(service: Service) -> Service:
    service.drop("events", DAY, "a day.jsonl", [*events(DAY, users=5), {"event_type": "page_view"}])
    wait_for("the build", lambda: service.runs("build_models", statuses=["SUCCESS"]))
    return service


@pytest.fixture
def page(built: Service) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        opened = browser.new_page(viewport={"width": 1600, "height": 1200})
        opened.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield opened
        browser.close()


def test_the_lineage_shows_every_layer(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/asset-groups")
    for layer in LAYERS:
        expect(page.get_by_text(layer, exact=True).first).to_be_visible()


def test_an_asset_says_what_it_is_and_whose(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/marts/fct_events")
    for words in ("Grain: one row per event.", "analytics", "marts.fct_events", "touched_dates", "build_models"):
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.get_by_text("Key of the event: a 60-bit integer").first).to_be_visible()


def test_a_partition_says_what_it_took_in(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/raw/events?view=partitions&partition={DAY}")
    for words in ("rows_accepted", "rows_quarantined", "a day.jsonl", "user_id_missing", "preview"):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    row = page.get_by_role("row").filter(has_text="dagster/partition_row_count")
    expect(row.get_by_text("5", exact=True)).to_be_visible()


def test_a_check_says_what_it_holds(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/marts/fct_events?view=checks&checkDetail=event_key_is_unique_in_fct_events")
    expect(page.get_by_text("Every row has its key").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()
