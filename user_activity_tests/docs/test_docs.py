"""What the documentation says is so: pages are fresh, links lead somewhere, queries run, tables exist."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.laws.test_other_laws import fill
from user_activity_tests.platform import Platform

ROOT = Path(__file__).resolve().parents[2]
DICTIONARY: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "dictionary.py"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
QUERIES = re.findall(
    r"^## (.+?)$.*?^```sql\n(.+?)^```", (ROOT / "docs/sample-queries.md").read_text(), re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = Platform(tmp_path_factory.mktemp("shop"))
    fill(platform, tmp_path_factory.mktemp("simulated"))
    platform.run()
    return platform


def test_the_data_dictionary_is_what_the_models_say() -> None:
    assert DICTIONARY["PAGE"].read_text() == DICTIONARY["page"](), "run `make docs` and commit the page"


def test_every_table_and_column_is_described() -> None:
    silent = [
        f"{layer}.{table['name']}.{column['name']}"
        for layer in DICTIONARY["LAYERS"]
        for table in DICTIONARY["tables"](layer)
        for column in [{"name": "", "description": table.get("description")}, *table["columns"]]
        if not column.get("description")
    ]
    assert not silent


@pytest.mark.long
def test_the_dictionary_has_every_column_of_every_table(shop: Platform) -> None:
    built = shop.query(
        "select table_schema || '.' || table_name || '.' || column_name from information_schema.columns "
        "where table_schema in ('metrics', 'marts', 'intermediate', 'staging')"
    )
    described = {
        f"{layer}.{table['name']}.{column['name']}"
        for layer in DICTIONARY["LAYERS"]
        for table in DICTIONARY["tables"](layer)
        for column in table["columns"]
    }
    assert not {name for (name,) in built} - described


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_sample_query_finds_something(shop: Platform, title: str, query: str) -> None:
    assert shop.query(query)


@pytest.mark.parametrize("page", ["table-names.md", "metrics.md", "star.md"])
def test_the_tables_that_a_page_names_exist(shop: Platform, page: str) -> None:
    known = {name for (name,) in shop.query("select table_schema || '.' || table_name from information_schema.tables")}
    tables = {name.split(".")[1] for name in known}
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(r"`((?:staging|intermediate|marts|metrics|audit)\.\w+)`", text))
    drawn = set(re.findall(r"^    (\w+) \{", text, re.MULTILINE))
    assert named | drawn
    assert not named - known
    assert not drawn - tables
