"""Files of other systems: the right source and map are proposed, and ingest accepts the records with them."""

from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.inspection.inspect import Inspection, inspect
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity_tests.ingest.conftest import DAY, Drop
from user_activity_tests.ingest.inspection.samples import KINDS, Kind


def inspected(path: Path, content: str | bytes, **more: Any) -> Inspection:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = more.pop("source", None)
    settings = Settings(_env_file=None, data_dir=path.parent / "data", **more)
    return inspect(path, settings, DAY, SOURCES[source] if source else None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_file_is_recognised_and_ingested_as_proposed(kind: Kind, tmp_path: Path) -> None:
    found = inspected(tmp_path / kind.name, kind.content)
    assert found.proposal.source.name == kind.source
    assert found.proposal.field_map == kind.field_map
    assert found.proposal.missing == []
    accepted = kind.records if kind.accepted is None else kind.accepted
    assert (found.verdict.accepted, found.verdict.rejected) == (accepted, kind.records - accepted)
    drop = Drop(
        tmp_path / "platform",
        field_maps={kind.source: found.proposal.field_map},
        **{need.setting: need.value for need in found.needs},
    )
    drop.file(found.format.name, kind.content, kind.source)
    result = drop.ingest(kind.source)
    assert (result.rows_accepted, result.rows_quarantined) == (accepted, kind.records - accepted)
    assert (result.rejected_by_rule, result.warnings_by_rule) == (
        dict(found.verdict.rules),
        dict(found.verdict.set_aside),
    )
    row = drop.rows(result)[0]
    assert {column: str(row[column]) for column in kind.first} == kind.first
    assert {name: value for name, value in row.items() if name in found.preview[0]} == found.preview[0]
