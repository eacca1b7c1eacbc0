"""Law 2: whatever order files arrive in, however often, however late, whichever run is killed: the same tables."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import FIRST_DAY, File, History, clean_delivery, deliveries, encode, histories
from user_activity_tests.platform import Platform, differences

START = FIRST_DAY - timedelta(days=1)


def land(platform: Platform, files: list[File]) -> None:
    for file in files:
        platform.drop(file.source, file.landing_date, file.name, encode(file.records, file.name))


@st.composite
def histories_and_deliveries(draw: st.DrawFn) -> tuple[History, list[File], list[int]]:
    history = draw(histories())
    files = draw(deliveries(history))
    cuts = draw(st.sets(st.integers(1, max(1, len(files) - 1)), max_size=3))
    return history, files, sorted(cuts)


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
        clean, at_once, bit_by_bit = (Platform(Path(folder) / name, start_date=START) for name in ("1", "2", "3"))
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
