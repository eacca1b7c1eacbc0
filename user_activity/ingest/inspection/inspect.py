"""The report on a file: its format, the proposed source, map and settings, and what ingest would do with a sample."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from user_activity.ingest.inspection.fields import Field, fields_of
from user_activity.ingest.inspection.formats import Recognised, recognised
from user_activity.ingest.inspection.needs import Need, needs, unlimited
from user_activity.ingest.inspection.notes import notes_on
from user_activity.ingest.inspection.proposal import Proposal
from user_activity.ingest.inspection.proposer import Proposer
from user_activity.ingest.inspection.reading import assuming, decimal_of, with_points
from user_activity.ingest.inspection.sample import Sample, Seen, input_file, sampled
from user_activity.ingest.inspection.times import kind
from user_activity.ingest.inspection.tools import preset_that_fits
from user_activity.ingest.inspection.verdict import Verdict, verdict
from user_activity.ingest.readers.files import FileProblem, InputFile, NoHeader
from user_activity.ingest.validation.field_maps import field_map, field_maps
from user_activity.ingest.validation.presets import preset_map, preset_sources
from user_activity.settings import Settings
from user_activity.source_maps import SourceMap
from user_activity.sources import SOURCES, Source, ValidationContext

SAMPLED_RECORDS = 5_000
PREVIEWED = 3


@dataclass(frozen=True)
class Inspection:
    """Everything that the report says."""

    format: Recognised
    sample: Sample
    proposal: Proposal
    others: dict[str, list[str]]
    """The other sources, and the required columns that each of them would miss."""
    settings: Settings
    """The settings with the proposed map and what it needs."""
    needs: list[Need]
    verdict: Verdict
    """With the proposed map and settings."""
    verdict_now: Verdict
    """With the settings as they are."""
    times: str
    """What kind of times the date column has."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_useful(self) -> bool:
        """Whether records could be ingested this way."""
        return not self.proposal.missing and self.verdict.accepted > 0

    @property
    def preview(self) -> list[dict[str, Any]]:
        """The first accepted records: the columns that have a value."""
        rows = [row for table in self.verdict.rows for row in table.slice(0, PREVIEWED).to_pylist()][:PREVIEWED]
        names = (*self.proposal.source.columns, "properties")
        return [{name: row[name] for name in names if row[name] is not None} for row in rows]


def with_preset(settings: Settings, name: str, only: Source | None) -> tuple[Settings, list[Source]]:
    """The settings with a preset put under the maps of its sources, and these sources, or ``only`` the one.

    It takes the place of a map that has another preset. Raises ``FieldMapRejected`` if there is no such preset, or it
    has no map of that source.
    """
    at = "--preset"
    sources = [only] if only else [each for each in SOURCES.values() if each.name in preset_sources(name, at)]
    maps = dict(field_maps(settings))
    for source in sources:
        said = maps.get(source.name, SourceMap())
        kept = said if said.preset in (None, name) else SourceMap()
        maps[source.name] = preset_map(name, source.name, at).overridden(kept).model_copy(update={"preset": name})
    return settings.model_copy(update={"field_maps": maps, "field_maps_file": None}), sources


def inspect(
    path: Path,
    configured: Settings,
    landing_date: date,
    only: Source | None = None,
    most: int = SAMPLED_RECORDS,
    preset: str | None = None,
) -> Inspection:
    """Inspect a file as if it landed on a date. Raises ``FileProblem`` if it cannot be read."""
    settings, sources = configured, [only] if only else list(SOURCES.values())
    if preset is not None:
        settings, sources = with_preset(configured, preset, only)
    found = recognised(path)
    file = input_file(path, found, landing_date)
    with TemporaryDirectory(prefix="inspect-") as folder:
        work_dir = Path(folder)
        tried = _proposals(file, found, settings, sources, most, work_dir)
        sample, fields, best = tried[0]
        source = best.source
        with_map = settings.model_copy(update={"field_maps": {source.name: best.said}, "field_maps_file": None})
        needed = needs(source, settings, verdict(file, source, unlimited(with_map), most, work_dir).rows)
        proposed = with_map.model_copy(update={need.setting: need.value for need in needed})
        after = verdict(file, source, proposed, most, work_dir)
        is_changed = bool(best.field_map or needed)
        before = _as_configured(file, source, configured, most, work_dir) if is_changed else after
    dated = next((guess for guess in best.columns if _is_dated(source, guess.column) and guess.fields), None)
    times = kind(fields[dated.fields[0]].tried) if dated and dated.fields[0] in fields else ""
    if encoding := best.said.file.encoding if "encoding" in found.file else None:
        found = replace(found, encoding=encoding)
    others = {each.source.name: each.missing for _, _, each in tried[1:]}
    new_name = found.name if found.name != path.name else ""
    notes = notes_on(best, proposed, times, new_name, is_whole=sample.is_whole)
    if best.preset is None and (tool := preset_that_fits(fields)):
        notes.insert(0, f"Its fields are those of the preset {tool}: --preset {tool} shows what that makes of them.")
    return Inspection(found, sample, best, others, proposed, needed, after, before, times, notes)


def _proposals(
    file: InputFile, recognised: Recognised, settings: Settings, sources: Sequence[Source], most: int, work_dir: Path
) -> list[tuple[Sample, dict[str, Field], Proposal]]:
    """What each source makes of the file, the best first."""
    found, problems = [], list[FileProblem]()
    seen: Seen = {}
    fields: dict[int, dict[str, Field]] = {}
    context = ValidationContext(unlimited(settings), file.landing_date)
    for source in sources:
        guessed = dict(recognised.file)
        try:
            try:
                sample = sampled(file, source, assuming(settings, guessed), most, work_dir, seen)
            except NoHeader:
                guessed["header"] = False
                sample = sampled(file, source, assuming(settings, guessed), most, work_dir, seen)
        except FileProblem as problem:
            problems.append(problem)
            continue
        if id(sample) not in fields:
            fields[id(sample)] = fields_of(sample.records, settings.missing_values)
        guessed |= {"decimal": mark} if (mark := decimal_of(fields[id(sample)].values())) else {}
        said = field_map(assuming(settings, guessed), source.name)
        pointed = with_points(fields[id(sample)], said.file.decimal)
        proposer = Proposer(source, assuming(settings, guessed), sample.opening.shape, pointed, context)
        found.append((sample, pointed, proposer.proposal(said)))
    if not found:
        raise problems[0]
    lines = next((each[2] for each in found if each[2].is_of_order_lines), None)
    found.sort(key=lambda each: (-each[2].score, each[2].source.name))
    if lines and not any(each[2].is_marked for each in found):
        found.sort(key=lambda each: each[2] is not lines)
    return found


def _is_dated(source: Source, column: str) -> bool:
    return bool(getattr(source.kinds[column], "dated", False))


def _as_configured(file: InputFile, source: Source, settings: Settings, most: int, work_dir: Path) -> Verdict:
    try:
        return verdict(file, source, settings, most, work_dir)
    except FileProblem as problem:
        found = Verdict(rejected=1)
        found.rules[problem.rule] = 1
        found.reasons[problem.rule] = f"{file.name} {problem.sentence}"
        return found
