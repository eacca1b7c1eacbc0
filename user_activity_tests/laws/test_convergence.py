"""Law 2: whatever order files arrive in, however often, however late, whichever run is killed: the same tables."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import (
    FIRST_DAY,
    SETTINGS,
    File,
    History,
    clean_delivery,
    deliveries,
    encode,
    event_day,
    histories,
)
from user_activity_tests.platform import Platform, differences

START = FIRST_DAY - timedelta(days=1)


def land(platform: Platform, files: list[File]) -> None:
    for file in files:
        platform.drop(file.source, file.landing_date, file.name, encode(file.records, file.name))


@st.composite
def histories_and_deliveries(draw: st.DrawFn) -> tuple[History, list[File], list[int]]:
    history = draw(histories())
    files = draw(deliveries(history))
    # Most batches touch every day there is. The last one is a single file that moves a record to another day.
    moving = [file for file in files if moves_a_record(file, files)]
    cuts = draw(st.sets(st.integers(1, max(1, len(files) - 1)), min_size=0 if moving else 1, max_size=1))
    if moving:
        last = draw(st.sampled_from(moving))
        files = [*(file for file in files if file is not last), last]
        cuts.add(len(files) - 1)
    return history, files, sorted(cuts)


def moves_a_record(file: File, files: list[File]) -> bool:
    """Whether it alone has the later of two versions of an event, on another day than the earlier one."""
    others = [record for other in files if other is not file for record in other.records]
    days = {record["event_id"]: event_day("events", record) for record in others if "event_id" in record}
    return file.source == "events" and any(
        record not in others and days.get(record["event_id"]) not in (None, event_day("events", record))
        for record in file.records
    )


def batches(files: list[File], cuts: list[int]) -> Iterator[list[File]]:
    for start, end in zip([0, *cuts], [*cuts, len(files)], strict=True):
        yield files[start:end]


@pytest.mark.law
@histories_drawn(quick=1, all=3, nightly=100)
@given(histories_and_deliveries())
def test_any_delivery_in_any_order_gives_the_tables_of_one_clean_load(
    case: tuple[History, list[File], list[int]],
) -> None:
    history, files, cuts = case
    with TemporaryDirectory() as folder:
        clean, at_once, bit_by_bit = (
            Platform(Path(folder) / name, start_date=START, **SETTINGS) for name in ("1", "2", "3")
        )
        land(clean, clean_delivery(history))
        clean.run()
        land(at_once, files)
        at_once.run()
        for batch in batches(files, cuts):
            land(bit_by_bit, batch)
            bit_by_bit.run()
        # In which order files arrive leaves no trace; how often and how late does, in where a record came from.
        assert not differences(bit_by_bit.tables(), at_once.tables())
        assert not differences(bit_by_bit.tables(lineage=False), clean.tables(lineage=False))
