"""dbt knows of sources what their contracts say, and a staging model has what deduplication and plans read."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from user_activity.orchestration.dbt import declarations, runner
from user_activity.settings import Settings
from user_activity.sources import SOURCES, SourceRejected

WRITTEN = (declarations.FACTS, declarations.TABLES)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(runner.PROJECT_DIR, tmp_path / "sql", ignore=shutil.ignore_patterns("target", "logs")))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"))
    found: dict[str, Any] = json.loads(runner.ensure_manifest(settings).read_bytes())
    return found


def test_the_files_in_git_say_what_the_contracts_say(project: Path) -> None:
    before = [(project / name).read_text() for name in WRITTEN]
    for name in WRITTEN:
        (project / name).unlink()
    declarations.declare_sources(project)
    assert [(project / name).read_text() for name in WRITTEN] == before


def test_a_file_is_written_only_where_a_contract_has_changed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def times() -> list[int]:
        return [(project / name).stat().st_mtime_ns for name in WRITTEN]

    before = times()
    declarations.declare_sources(project)
    assert times() == before
    changed = deepcopy(SOURCES["reviews"])
    object.__setattr__(changed, "updated_column", None)
    monkeypatch.setattr(declarations, "SOURCES", {**SOURCES, "reviews": changed})
    declarations.declare_sources(project)
    assert [new > old for new, old in zip(times(), before, strict=True)] == [True, False]


def test_a_source_without_a_staging_model_is_named(project: Path) -> None:
    (project / "models/staging/stg_reviews.sql").unlink()
    with pytest.raises(SourceRejected, match=r"The source reviews has no staging model: write .*/stg_reviews\.sql"):
        declarations.declare_sources(project)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (
            "user_key",
            r'describes no column user_key of type bigint: select \{\{ surrogate_key\(\["user_id"\]\) \}\} as',
        ),
        ("review_key", r'no column review_key of type bigint: select \{\{ record_key\("reviews"\) \}\} as review_key'),
        ("review_date", "no column review_date of type date: select event_date as review_date"),
        ("updated_at", "no column updated_at of type timestamp"),
        ("_row_number", "no column _row_number of type bigint"),
    ],
)
def test_a_column_that_a_staging_model_lacks_is_named(manifest: dict[str, Any], column: str, says: str) -> None:
    declarations.check_staging_models(manifest)
    lacking = deepcopy(manifest)
    del lacking["nodes"]["model.user_activity.stg_reviews"]["columns"][column]
    with pytest.raises(SourceRejected, match=rf"stg_reviews \(models/staging/stg_reviews\.sql\) .*{says}"):
        declarations.check_staging_models(lacking)


@pytest.mark.parametrize("fact", ["key", "date_column"])
def test_a_fact_that_a_staging_model_lacks_is_named(manifest: dict[str, Any], fact: str) -> None:
    lacking = deepcopy(manifest)
    del lacking["nodes"]["model.user_activity.stg_reviews"]["config"]["meta"][fact]
    with pytest.raises(SourceRejected, match=rf"stg_reviews names no {fact} in its meta: add one"):
        declarations.check_staging_models(lacking)


def test_a_staging_model_that_counts_nothing_is_named(manifest: dict[str, Any]) -> None:
    lacking = deepcopy(manifest)
    del lacking["nodes"][next(name for name in lacking["nodes"] if "every_accepted_review_is_staged" in name)]
    with pytest.raises(SourceRejected, match=r"stg_reviews has no test accepted_rows_are_kept.*: add it to stg_rev"):
        declarations.check_staging_models(lacking)
