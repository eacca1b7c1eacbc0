"""The files: the same bytes every time, in the formats that real exporters use."""

import hashlib
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from user_activity.simulate import simulate
from user_activity_tests.simulate.conftest import DAYS, START, Season


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "first", "second":
        simulate(tmp_path / name, days=30, events=3000, seed=3)
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    for seed in 1, 2:
        simulate(tmp_path / str(seed), days=3, events=300, seed=seed)
    first, second = _digests(tmp_path / "1"), _digests(tmp_path / "2")
    assert not set(first.values()) & set(second.values())


def test_every_format_and_compression_occurs(season: Season) -> None:
    suffixes = {"".join(Path(entry.file).suffixes) for entry in season.landed}
    assert suffixes == {".jsonl", ".jsonl.gz", ".csv.gz", ".parquet", ".json"}


def test_most_event_files_are_json_lines(season: Season) -> None:
    files = {entry.file for entry in season.landed if entry.source == "events"}
    assert sum(".jsonl" in name for name in files) > 0.6 * len(files)


def test_other_spellings_occur(season: Season) -> None:
    plain = [path.read_text() for path in (season.folder / "events").rglob("*.jsonl")]
    assert any('"action_type":' in text and '"metadata":{' in text for text in plain)
    assert any('"ts":17' in text for text in plain)


def test_the_catalogue_lands_on_the_first_day_and_on_mondays(season: Season) -> None:
    mondays = {day for n in range(DAYS) if (day := START + timedelta(days=n)).weekday() == 0}
    assert {entry.landing for entry in season.landed if entry.source == "products"} == mondays | {START}


def test_a_catalogue_from_a_monday_lands_once_a_week(tmp_path: Path) -> None:
    assert simulate(tmp_path, start=date(2025, 1, 6), days=15, events=100).files["products"] == 3


def test_a_file_sent_again_has_a_name_of_its_own(season: Season) -> None:
    assert any("-resent." in entry.file for entry in season.landed)


@pytest.mark.parametrize("events", [1, 2, 3, 5, 8, 13, 21, 34])
def test_a_few_events_are_a_simulation(tmp_path: Path, events: int) -> None:
    for days in 1, 4:
        summary = simulate(tmp_path / str(days), days=days, events=events, seed=events)
        assert summary.distinct["events"] == events


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ValueError, match="is not empty"):
        simulate(tmp_path)


@pytest.mark.parametrize(("days", "events", "messy"), [(0, 10, 0.0), (10, 0, 0.0), (10, 10, -0.1), (10, 10, 0.9)])
def test_impossible_wishes_are_refused(tmp_path: Path, days: int, events: int, messy: float) -> None:
    with pytest.raises(ValueError, match=r"needs at least one|must be a share"):
        simulate(tmp_path, days=days, events=events, messy=messy)
    assert not list(tmp_path.iterdir())


def test_a_year_takes_seconds(tmp_path: Path) -> None:
    before = time.process_time()
    summary = simulate(tmp_path)
    assert time.process_time() - before < 4
    assert summary.distinct["events"] == 250_000
    assert sum(summary.files.values()) > 1400
