"""A file of a public tool is recognised by its fields, and its preset is named."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.inspection.fields import fields_of
from user_activity.ingest.inspection.inspect import inspect
from user_activity.ingest.inspection.tools import preset_that_fits
from user_activity.settings import Settings
from user_activity_tests.ingest.conftest import DAY, EVENT

FOLDER = Path(__file__).parents[1] / "presets"
SAMPLES = sorted(path for path in FOLDER.iterdir() if path.suffix not in (".yml", ".tsv"))


def records(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text().splitlines()))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    found = json.loads(path.read_text())
    return found if isinstance(found, list) else next(each for each in found.values() if isinstance(each, list))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_each_tool_is_known_by_its_fields(sample: Path) -> None:
    name = sample.name.split(".")[0]
    # Most of what REES46 names are our own names: a map of it is proposed anyway.
    assert preset_that_fits(fields_of(records(sample), ())) == (None if name == "rees46" else name)


@pytest.mark.parametrize(
    "record", [EVENT, {"order_id": "o1", "user_id": "u1", "order_at": "2026-01-05", "items": [{"sku": "p"}]}, {"a": 1}]
)
def test_files_of_nobody_have_no_preset(record: dict[str, Any]) -> None:
    assert preset_that_fits(fields_of([record], ())) is None


def test_the_report_names_the_preset_until_it_is_taken(tmp_path: Path) -> None:
    sample = next(path for path in SAMPLES if path.name.startswith("ga4"))
    settings = Settings(data_dir=tmp_path, _env_file=None)
    told = "Its fields are those of the preset ga4: --preset ga4 shows what that makes of them."
    assert inspect(sample, settings, DAY).notes[0] == told
    taken = inspect(sample, settings, DAY, preset="ga4")
    assert told not in taken.notes
    (product,) = [guess for guess in taken.proposal.columns if guess.column == "product_id"]
    assert (product.reason, product.example, product.filled) == ("the preset ga4", "CUP-1", 4 / 7)
