"""Presets: each makes what its tool exports load, is documented, and gives way to what else a map says."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from user_activity.ingest.partition.recipe import recipe
from user_activity.ingest.validation import presets
from user_activity.ingest.validation.field_maps import FieldMapRejected, field_map, field_maps
from user_activity.ingest.validation.presets import preset, preset_names
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity_tests.ingest.conftest import Drop

PAGE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[3] / "docs" / "presets.py"))
SAMPLES = sorted(path for path in (Path(__file__).parents[1] / "presets").iterdir() if path.suffix != ".yml")


def needed(name: str) -> dict[str, str]:
    return {key.removeprefix("USER_ACTIVITY_").lower(): value for key, value in preset(name).settings.items()}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_of_each_tool_lands_as_its_tool_means_it(sample: Path, tmp_path: Path) -> None:
    name, source, *_ = sample.name.split(".")
    expected = yaml.load(sample.with_suffix(".yml").read_text(), Loader=yaml.BaseLoader)
    drop = Drop(tmp_path, field_maps={source: {"preset": name}}, **needed(name))
    drop.file(sample.name, sample.read_bytes(), source)
    result = drop.ingest(source)
    rows = [["~" if row[column] is None else str(row[column]) for column in expected["columns"]]
            for row in drop.rows(result)]  # fmt: skip
    assert sorted(rows) == sorted(expected["accepted"])
    assert {rule: str(count) for rule, count in result.warnings_by_rule.items()} == expected["set_aside"]
    assert sorted([*record.rules] for record in drop.bad(source)) == sorted(expected["rejected"])


def test_every_preset_is_right_documented_and_tried() -> None:
    for name in preset_names():
        found = preset(name)
        assert field_maps(Settings(_env_file=None, field_maps=found.maps)) == found.maps
        assert found.documentation
        assert found.lost
        assert Settings(_env_file=None, **needed(name))
    tried = {tuple(sample.name.split(".")[:2]) for sample in SAMPLES}
    assert tried == {(name, source) for name in preset_names() for source in preset(name).maps}
    assert PAGE["PAGE"].read_text() == PAGE["page"](), "run `make docs` and commit the page"


def test_what_else_a_map_says_wins_over_its_preset(tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(
        "orders:\n  preset: stripe\n  file: {records: page.data}\n  statuses: {paid: [succeeded]}\n  revenue: amount\n"
    )
    setting = {"orders": {"refund": {"const": 0}}, "users": {"preset": "segment"}}
    found = field_maps(Settings(_env_file=None, field_maps_file=path, field_maps=setting))
    whole = preset("stripe").maps["orders"]
    assert found["orders"].columns["revenue"].fields == ("amount",)
    assert found["orders"].columns["refund"].const == 0
    assert found["orders"].columns["order_at"] == whole.columns["order_at"]
    assert found["orders"].statuses == {"completed": ("succeeded",), "paid": ("succeeded",)}
    assert found["orders"].file.records == "page.data"
    assert found["users"].columns == preset("segment").maps["users"].columns


def test_the_preset_of_the_setting_is_put_under_both_maps(tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text("events: {preset: ga4, device: kind}\n")
    setting = {"events": {"preset": "rees46", "user_id": "visitor"}}
    found = field_map(Settings(_env_file=None, field_maps_file=path, field_maps=setting), "events")
    assert found.columns["user_id"].fields == ("visitor",)
    assert found.columns["device"].fields == ("kind",)
    assert found.columns["session_id"].fields == ("user_session",)
    assert "page_url" not in found.columns


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("orders: {preset: shopfy}", "line 1 has the preset 'shopfy': the nearest is 'shopify'"),
        ("users: {name: nick}\nreviews:\n  preset: segment", "line 3 has the preset 'segment' for reviews, but it is"),
    ],
)
def test_a_misspelt_or_misplaced_preset_is_named(said: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(said)
    with pytest.raises(FieldMapRejected, match=reason):
        field_maps(Settings(_env_file=None, field_maps_file=path))
    with pytest.raises(FieldMapRejected, match="USER_ACTIVITY_FIELD_MAPS has the preset 'shopfy': the nearest is"):
        field_maps(Settings(_env_file=None, field_maps={"orders": {"preset": "shopfy"}}))


def test_files_are_read_again_when_their_preset_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None, field_maps={"events": {"preset": "mine"}})
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    recipes = []
    for path in ("one", "two"):
        text = {"description": "-", "documentation": [], "lost": [], "maps": {"events": {"page_url": path}}}
        (tmp_path / "mine.yml").write_text(json.dumps(text))
        preset.cache_clear()
        recipes.append(recipe(SOURCES["events"], settings))
    preset.cache_clear()
    assert len(set(recipes)) == 2
