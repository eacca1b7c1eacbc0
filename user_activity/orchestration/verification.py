"""A full recount: archive and lake, lake and warehouse, tables and the counts of earlier runs, published files.

A build compares states and counts only what it touches. This reads everything, and finds what was changed by hand.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow.parquet as pq

from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.ingest.partition.outdated import outdated
from user_activity.orchestration import built_tables, staleness
from user_activity.orchestration.date_ranges import ranges, written
from user_activity.orchestration.dbt.recipes import recipes
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import Rows, Warehouse, open_warehouse

if TYPE_CHECKING:
    from user_activity.orchestration.command_runs import Runner
    from user_activity.orchestration.outcome import Outcome

COUNTED = """
    select relation, partition_date, row_count
    from (
        select *, row_number() over (partition by relation, partition_date order by counted_at desc, run_id desc) as age
        from audit.row_counts
    ) as counts
    where age = 1
"""


Mended = Literal["backup", "part", "run", "raw", "table", "published"]
"""What mends a difference: a backup alone, the archived original, the next run, or making something anew."""


@dataclass(frozen=True)
class Difference:
    """What is not as it should be, in a sentence; of what, as far as a repair must know; and what mends it."""

    sentence: str
    mended_by: Mended
    relations: tuple[str, ...] = ()
    landed: tuple[str, date] | None = None


def differences(settings: Settings, published: Mapping[str, str | None]) -> list[Difference]:
    """Everything that differs; ``published`` gives the date column of each published relation.

    Tables are compared with the lake and with earlier counts only where nothing is stale: until then they differ
    by right.
    """
    found = list(_lake(settings))
    warehouse = open_warehouse(settings)
    built = warehouse.built_dates()
    stale = staleness.not_built(settings, built)
    changed = sorted(built_tables.changed(warehouse, recipes(settings))) if built else []
    if stale:
        found.append(Difference(f"{len(stale)} dates are stale ({min(stale)} to {max(stale)}).", "run"))
    if changed:
        found.append(Difference(f"Missing, empty, or not what their SQL makes them: {', '.join(changed)}.", "run"))
    if built and not any(each.mended_by != "backup" for each in found):
        with warehouse.reading():
            found += [*_raw(settings, warehouse), *_conservation(warehouse), *_tables(settings, warehouse)]
            found += _published(settings, warehouse, published)
    return found


def _lake(settings: Settings) -> Iterator[Difference]:
    """Manifests against the archive, the current settings and their parts."""
    for source in SOURCES:
        if again := outdated(settings, source):
            span = f"{min(again)} to {max(again)}"
            yield Difference(f"{source}: {len(again)} landing dates ({span}) must be read again.", "run")
    for each in freshness.manifests(settings):
        place = (each.source, each.landing_date)
        folder = incoming.archive_folder(settings, *place)
        for entry in each.files:
            name = f"{each.source} {each.landing_date} {entry.file_name}"
            original = folder / entry.archive
            is_archived = original.exists() or original.is_symlink()
            if not is_archived:
                yield Difference(f"{name}: {original} is missing in the archive: put it back from a backup.", "backup")
            for part, rows in ((entry.part, entry.rows_accepted), (entry.quarantine, None)):
                problem = _part_problem(settings.lake_dir / part, rows) if part else None
                if problem:
                    yield Difference(f"{name}: {problem}", "part" if is_archived else "backup", landed=place)


def _part_problem(path: Path, rows: int | None) -> str | None:
    try:
        held = pq.read_metadata(path).num_rows
    except FileNotFoundError:
        return f"{path} is missing."
    except Exception as error:  # noqa: BLE001 - whatever a damaged file makes the library raise
        return f"{path} is damaged ({str(error).splitlines()[0]})."
    return f"{path} holds {held} rows, not {rows}." if rows is not None and held != rows else None


def _raw(settings: Settings, warehouse: Warehouse) -> Iterator[Difference]:
    """The rows that the warehouse sees of each source, against the manifests."""
    wanted: dict[tuple[str, date], int] = {}
    for each in freshness.manifests(settings):
        wanted[each.source, each.landing_date] = sum(entry.rows_accepted for entry in each.files)
    for source in SOURCES:
        counts = dict(warehouse.query(f'select landing_date, count(*) from raw."{source}" group by landing_date').rows)
        for day in sorted({*counts, *(day for name, day in wanted if name == source)}):
            here, there = counts.get(day, 0), wanted.get((source, day), 0)
            if here != there:
                yield Difference(f"raw.{source} holds {here} rows of {day}, the lake {there}.", "raw", (source,))


def _conservation(warehouse: Warehouse) -> Iterator[Difference]:
    """Every accepted row is staged or a duplicate."""
    accepted = dict(warehouse.query("select source, sum(rows_accepted) from audit.landed_files group by source").rows)
    doubled = dict(warehouse.query("select source, count(*) from staging.stg_duplicates group by source").rows)
    for source in SOURCES:
        model = f"staging.stg_{source}"
        staged = warehouse.query(f"select count(*) from {model}").rows[0][0]
        wanted, twice = int(accepted.get(source) or 0), doubled.get(source, 0)
        if staged + twice != wanted:
            yield Difference(
                f"{source}: {wanted} rows accepted, but {staged} staged and {twice} duplicates.",
                "table",
                (model, "staging.stg_duplicates"),
            )


def _tables(settings: Settings, warehouse: Warehouse) -> Iterator[Difference]:
    """The rows of each table and day, against what the last run that built them counted."""
    by_table: dict[str, dict[date | None, int]] = {}
    for relation, day, rows in warehouse.query(COUNTED).rows:
        by_table.setdefault(relation, {})[day] = rows
    project = recipes(settings)
    for relation in sorted(project.digests.keys() & by_table.keys()):
        counted, column = by_table[relation], project.exact_date_column(relation)
        if column:
            dated = {day: rows for day, rows in counted.items() if day}
            held = warehouse.row_counts(relation, column, dated)
            other = sorted(day for day, rows in dated.items() if held[day] != rows)
            if other:
                yield Difference(
                    f"{relation} holds other rows of {written(ranges(other))} than a run left.", "table", (relation,)
                )
        elif project.is_stored(relation) and None in counted:
            rows = warehouse.query(f"select count(*) from {relation}").rows[0][0]
            if rows != counted[None]:
                left = counted[None]
                yield Difference(f"{relation} holds {rows} rows; a run left {left}.", "table", (relation,))


def _published(settings: Settings, warehouse: Warehouse, published: Mapping[str, str | None]) -> Iterator[Difference]:
    """Published files against the tables; a server's readers read the tables themselves."""
    if settings.warehouse != "duckdb":
        return
    for relation in published:
        folder = settings.published_dir.joinpath(*relation.split("."))
        held = warehouse.query(f"select count(*) from {relation}").rows[0][0]
        try:
            rows = sum(pq.read_metadata(path).num_rows for path in folder.glob("[!.]*.parquet"))
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes the library raise
            yield Difference(f"{folder}: a file is damaged ({str(error).splitlines()[0]}).", "published", (relation,))
            continue
        if rows != held:
            yield Difference(f"{folder} holds {rows} rows, {relation} {held}.", "published", (relation,))


def repair(runner: "Runner", published: Mapping[str, str | None], found: Sequence[Difference]) -> "Outcome":
    """Mend what can be: read originals again, load raw rows again, make tables anew, publish again, build."""
    settings, warehouse = runner.settings, open_warehouse(runner.settings)
    landed: dict[str, set[date]] = {}
    for each in found:
        if each.mended_by == "part" and each.landed:
            landed.setdefault(each.landed[0], set()).add(each.landed[1])
    outcome = runner.replay(landed)
    if raw := _relations(found, "raw"):
        nothing = Rows(("source", "landing_date", "mark"), ())
        warehouse.replace_rows("source", raw, {"audit.synced_manifests": nothing})
    tables = [*_relations(found, "table"), *(f"staging.stg_{source}" for source in raw)]
    if tables:
        built_tables.forget(warehouse, tables)
    for relation in _relations(found, "published"):
        shutil.rmtree(settings.published_dir.joinpath(*relation.split(".")), ignore_errors=True)
        warehouse.publish({relation: published[relation]}, [])
    rest = runner.run_pending()
    return replace(rest, runs=[*outcome.runs, *rest.runs], rebuilt=outcome.rebuilt | rest.rebuilt)


def _relations(found: Sequence[Difference], mended_by: Mended) -> list[str]:
    return sorted({name for each in found if each.mended_by == mended_by for name in each.relations})
