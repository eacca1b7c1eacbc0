"""Prepared SQL is what dbt renders: for every model and test, in a run of any dates."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dbt.context.providers import generate_runtime_model_context
from dbt_common.context import get_invocation_context, set_invocation_context

from user_activity.orchestration.dbt import node_runners
from user_activity.orchestration.dbt.prepared import NAME, Prepared, filled_in
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity_tests.platform import Platform

DAYS = [(date(2025, 1, 6), date(2025, 1, 7)), (date(2025, 3, 1), date(2025, 3, 1))]


def test_every_node_executes_what_dbt_renders_in_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates apart, months apart, late, and in a zone where a session reaches two days."""
    platform = Platform(tmp_path, timezone="Europe/Berlin")
    views(platform, "a.jsonl", "2025-01-06", "2025-01-07", "2025-01-20")
    platform.run()
    seen: dict[str, tuple[str, str]] = {}
    node_runner = node_runners._PreparedRunner
    filled = node_runner._filled_in

    def compare(self: Any, text: str, manifest: Any) -> str:
        answer = filled(self, text, manifest)
        if not text:  # this engine has no locks
            return answer
        if node_runners.SQL in text:
            rendered = generate_runtime_model_context(self.node, self.config, manifest)[self.script](node_runners.SQL)
        else:
            rendered = self._compiled(manifest).compiled_code
        seen[f"{node_runners.SQL in text} {self.node.name}"] = (_words(answer), _words(rendered))
        return answer

    monkeypatch.setattr(node_runner, "_filled_in", compare)
    views(platform, "b.jsonl", "2025-01-06", "2025-01-08", "2025-03-01")
    outcome = platform.run()
    assert {name: texts for name, texts in seen.items() if texts[0] != texts[1]} == {}
    assert {"False fct_sessions", "True fct_sessions", "False session_key_is_unique_in_fct_sessions"} <= seen.keys()
    assert len(seen) > 200
    assert "False stg_events" not in seen  # it asks the lake's index which files to read
    kept = (ensure_manifest(platform.settings).parent / NAME).read_text()
    assert "audit.rebuilt_users" in kept.replace('\\"', "")
    assert not any(result.run_id in kept for result in outcome.runs)


def views(platform: Platform, name: str, *days: str) -> None:
    """Land a page view of each day, shortly before midnight in UTC."""
    records = [{"user_id": name, "event_type": "page_view", "event_at": f"{day}T23:30:00Z"} for day in days]
    platform.drop("events", date(2025, 3, 2), name, "\n".join(map(json.dumps, records)).encode())


def _words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., Prepared]:
    def make(parsed: bytes = b"a project", **macros: str) -> Prepared:
        return Prepared(tmp_path, parsed, macros)

    return make


def test_a_text_is_rendered_again_when_a_variable_that_it_read_has_another_value(
    prepared: Callable[..., Prepared],
) -> None:
    def render() -> str:
        environment = get_invocation_context().env
        return f"in {environment['ZONE']}" if "ZONE" in environment else "in no zone"

    texts = prepared()
    for variables, text in (({}, "in no zone"), ({"ZONE": "UTC"}, "in UTC"), ({"ZONE": "CET", "X": "1"}, "in CET")):
        set_invocation_context(variables)
        assert texts.text("model", "select 1", render) == text
        assert texts.text("model", "select 1", lambda: pytest.fail("rendered twice")) == text


def test_texts_are_kept_for_the_same_project_only(prepared: Callable[..., Prepared]) -> None:
    set_invocation_context({})
    texts = prepared()
    texts.text("model", "select 1", lambda: "select 1")
    texts.save()
    assert prepared().text("model", "select 1", lambda: "again") == "select 1"
    assert prepared(b"another project").text("model", "select 2", lambda: "select 2") == "select 2"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"texts": {"model": 1}, "project": ""}', "\x00"])
def test_a_damaged_file_of_texts_is_written_again(
    prepared: Callable[..., Prepared], tmp_path: Path, content: str
) -> None:
    set_invocation_context({})
    (tmp_path / NAME).write_text(content)
    texts = prepared()
    assert texts.text("model", "select 1", lambda: "select 1") == "select 1"
    texts.save()
    assert prepared().text("model", "select 1", lambda: "again") == "select 1"


@pytest.mark.parametrize(
    ("source", "macros"),
    [
        ("select '{{ run_started_at }}'", {}),
        ("select {{ today() }}", {"today": "{{ modules.datetime.date.today() }}"}),
        ("select {{ a() }}", {"a": "{{ b() }}", "b": "{{ load_cached_relation(this) }}"}),
    ],
)
def test_what_differs_between_runs_is_not_prepared(
    prepared: Callable[..., Prepared], source: str, macros: dict[str, str]
) -> None:
    set_invocation_context({})
    assert prepared(**macros).text("model", source, lambda: pytest.fail("rendered")) is None


@pytest.mark.parametrize("name", ["USER_ACTIVITY_DATES", "USER_ACTIVITY_OTHER_RUN_IDS", "USER_ACTIVITY_MADE_ANEW"])
def test_a_variable_of_the_run_is_not_prepared(prepared: Callable[..., Prepared], name: str) -> None:
    set_invocation_context({name: "x"})
    assert prepared().text("model", "select 1", lambda: str(name in get_invocation_context().env)) is None


def test_the_marks_become_the_runs_dates_and_id() -> None:
    assert filled_in("⟦run⟧ ⟦0|0|day⟧", "r1", list) == "r1 (1 = 0)"
    assert filled_in("where ⟦1|2|cast(at as date)⟧", "r1", lambda: DAYS) == (
        "where (cast(at as date) between cast('2025-01-05' as date) and cast('2025-01-09' as date)"
        " or cast(at as date) between cast('2025-02-28' as date) and cast('2025-03-03' as date))"
    )
