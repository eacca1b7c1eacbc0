"""What macros rely on: dbt's own behaviour, and a model's meta. A project of a few models, with our macros."""

import re
import shutil
from pathlib import Path

import pytest

from user_activity.orchestration.dbt import runner
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

PROJECT = "name: user_activity\nprofile: user_activity\nconfig-version: 2\n"
DRAWN = "{{ asked_once('select random()', shared=%s).rows[0][0] if execute else 0 }}"
DRAWS = f"select {DRAWN % 'true'} as shared, {DRAWN % 'false'} as own, {DRAWN % 'false'} as own_again"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a platform whose project has our macros and no models yet."""
    project, settings = tmp_path / "sql", Settings(_env_file=None, data_dir=tmp_path / "data")
    shutil.copytree(runner.PROJECT_DIR / "macros", project / "macros", ignore=shutil.ignore_patterns("*.yml"))
    shutil.copy(runner.PROJECT_DIR / "profiles.yml", project)
    (project / "models").mkdir()
    (project / "dbt_project.yml").write_text(PROJECT)
    monkeypatch.setattr(runner, "PROJECT_DIR", project)
    monkeypatch.setattr(runner, "declare_sources", lambda project: None)  # it would ask for a model of each source
    open_warehouse(settings).prepare()
    return settings


def model(name: str, sql: str, **config: object) -> None:
    given = {"materialized": "table", "schema": "marts"} | config
    text = f"{{{{ config({', '.join(f'{key}={value!r}' for key, value in given.items())}) }}}}\n{sql}\n"
    (runner.PROJECT_DIR / "models" / f"{name}.sql").write_text(text)


def incremental_model(name: str, sql: str, **columns: str) -> None:
    """A model with a contract, all of whose rows are replaced by each build."""
    kept = {"contract": {"enforced": True}, "on_schema_change": "append_new_columns"}
    model(name, sql, materialized="incremental", replaces="replaces_all_rows", **kept)
    declared = ", ".join(f"{{name: {column}, data_type: {kind}}}" for column, kind in columns.items())
    (runner.PROJECT_DIR / "models" / f"{name}.yml").write_text(f"models: [{{name: {name}, columns: [{declared}]}}]\n")


def test_a_model_is_told_in_its_first_build_alone_that_its_table_is_new(settings: Settings) -> None:
    (runner.PROJECT_DIR / "macros" / "age.sql").write_text(
        "{% macro age() %}{{ 'old' if is_incremental() else 'new' }}{% endmacro %}"
    )
    incremental_model("here", "select '{{ 'old' if is_incremental() else 'new' }}' as age", age="varchar")
    incremental_model("by_macro", "select '{{ age() }}' as age", age="varchar")
    runner.ensure_manifest(settings)
    warehouse = open_warehouse(settings)
    for age in ("new", "old", "old"):
        assert {each.status for each in runner.build(settings, ["fqn:*"], warehouse.profile())} == {"success"}
        assert list(warehouse.query("select age from marts.here union all from marts.by_macro").rows) == [(age,)] * 2


def test_an_answer_lasts_for_its_node_or_for_the_whole_invocation(settings: Settings) -> None:
    for name in ("one", "two"):
        model(name, DRAWS)
    runner.ensure_manifest(settings)
    warehouse, found = open_warehouse(settings), []
    for _ in range(2):
        assert {each.status for each in runner.build(settings, ["fqn:*"], warehouse.profile())} == {"success"}
        found.append(warehouse.query("select * from marts.one union all select * from marts.two").records())
    assert all(row["own"] == row["own_again"] for rows in found for row in rows)
    assert [len({row["own"] for row in rows}) for rows in found] == [2, 2]
    assert [len({row["shared"] for row in rows}) for rows in found] == [1, 1]
    assert found[0][0]["shared"] != found[1][0]["shared"]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("select cast(1 as bigint) as n, 'a' as word", ""),
        ("select cast(1 as bigint) as n, 2 as word", "word *| INTEGER *| VARCHAR *| data type mismatch"),
        ("select cast(1 as bigint) as n, 'a' as word, 2 as more", "more *| INTEGER *| *| missing in contract"),
        ("select 'a' as word", "n *| *| BIGINT *| missing in definition"),
    ],
)
def test_a_new_table_has_the_columns_of_its_contract_or_is_not_created(
    sql: str, problem: str, settings: Settings
) -> None:
    incremental_model("one", sql, n="bigint", word="varchar")
    runner.ensure_manifest(settings)
    warehouse = open_warehouse(settings)
    (result,) = runner.build(settings, ["fqn:*"], warehouse.profile())
    created = "select column_name, data_type from information_schema.columns where table_name = 'one' order by 1"
    if problem:
        assert result.status == "error"
        assert re.search(problem.replace("|", r"\|"), result.message)
        assert list(warehouse.query(created).rows) == []
    else:
        assert result.status == "success"
        assert list(warehouse.query(created).rows) == [("n", "BIGINT"), ("word", "VARCHAR")]


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        ({"written_before": "one"}, 'written_before is "one": it must be a whole number of days, 0 or more'),
        ({"written_after": -1}, "written_after is -1: it must be a whole number of days, 0 or more"),
        ({"written_befor": 1}, "written_befor is unknown: it must be one of owner, date_column"),
        ({"written_before": 1}, "written_before is without date_column: name the column that it is about"),
        ({"key": "user_id"}, 'key is "user_id": it must be a list of columns'),
    ],
)
def test_a_wrong_meta_is_refused_by_the_name_of_its_model(
    meta: dict[str, object], problem: str, settings: Settings
) -> None:
    model("one", "select 1 as n", meta=meta)
    with pytest.raises(runner.BuildFailed, match="model one, meta: ") as refused:
        runner.ensure_manifest(settings)
    assert problem in str(refused.value)


def test_a_meta_that_makes_sense_is_taken(settings: Settings) -> None:
    whole = {"partitioned": True, "date_column": "day", "written_before": 1, "written_after": 0, "key": ["day"]}
    model("one", "select 1 as n", meta=whole)
    assert runner.ensure_manifest(settings).exists()
