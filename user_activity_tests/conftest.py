"""What every test stands on."""

import pytest

#: In the order of their time on an idle machine.
LONGEST = """
    warehouse/test_builds_at_once.py laws/test_other_laws.py laws/test_convergence.py laws/test_tables_follow_files.py
    service/test_operating.py bench/test_bench.py docs/test_runbook.py service/test_deployment.py
    laws/test_corrections.py warehouse/test_parity.py warehouse/test_postgres.py orchestration/test_command_runs.py
    cli/test_runs.py cli/test_interrupts.py models/test_funnels.py validation/test_sql_agrees_with_pydantic.py
    alerts/test_incidents.py runs/test_history.py reference/test_random_histories.py laws/test_secrets.py
    models/test_sessions.py models/test_retention.py cli/test_verify.py docs/test_docs.py
    models/test_weekly.py models/test_lifecycle.py models/test_commerce.py
    lake/test_corrections.py cli/test_quarantine.py reference/test_demo_year.py partition/test_build.py
    readers/test_broken_files.py service/test_dev.py deploy/test_grafana.py
""".split()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker begins one of them when the others have nothing left to do."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(f"{item.path.parent.name}/{item.path.name}", len(ranks)))


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but for what Dagster says of its own API and does not mean for a pinned release."""
    for library_says in (
        r"ignore:.* is currently in (beta|preview)",
        r"ignore:.*will be removed in.*:DeprecationWarning:dagster",
    ):
        config.addinivalue_line("filterwarnings", library_says)
