"""Every metric of a simulated year is what its reference computes from the facts."""

from datetime import date

import pytest

from user_activity.simulate import simulate
from user_activity_tests.platform import Platform
from user_activity_tests.reference.comparison import REFERENCES, Reference, difference
from user_activity_tests.reference.facts import Facts, read


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    platform, folder = Platform(tmp_path_factory.mktemp("year")), tmp_path_factory.mktemp("simulated")
    simulate(folder, days=365, events=25_000)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        source, day = path.relative_to(folder).parts[:2]
        platform.drop(source, date.fromisoformat(day), path.name, path.read_bytes())
    platform.run()
    return read(platform.settings)


@pytest.mark.long
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.table)
def test_the_year_is_what_its_reference_says(year: Facts, reference: Reference) -> None:
    assert not difference(reference, year)
