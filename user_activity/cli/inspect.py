"""``inspect``: what a file is, how it can be mapped, and what ingest would do with it."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from user_activity.cli import output
from user_activity.cli.output import Exit, JsonOption, Problem
from user_activity.settings import Settings

if TYPE_CHECKING:
    from user_activity.ingest.inspection.inspect import Inspection
    from user_activity.ingest.inspection.verdict import Verdict

Target = Annotated[Path, typer.Argument(metavar="FILE", help="The file to inspect.", show_default=False)]
SourceOption = Annotated[
    str | None, typer.Option("--source", help="The source of the file; default: the one that fits best.")
]
SampleOption = Annotated[int, typer.Option("--sample", min=1, help="The number of records to read.")]
PresetOption = Annotated[
    str | None, typer.Option("--preset", help="Take the ready-made map of this name, as shopify (docs/presets.md).")
]
WriteOption = Annotated[bool, typer.Option("--write", help="Write the proposed map into the field-map file.")]
ForceOption = Annotated[bool, typer.Option("--force", help="With --write: replace a map of the source.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(inspect)


def inspect(
    file: Target,
    source: SourceOption = None,
    sample: SampleOption = 5_000,
    preset: PresetOption = None,
    write: WriteOption = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Inspect a file before it lands: its format, a field map for it, and which records would be rejected.

    Nothing is ingested. The first records are validated with the proposed map, as ingest would do it. The exit code is
    3 if the file cannot be read, or if no record could be ingested.

    Example: user-activity inspect export.csv.gz --write
    """
    from user_activity.ingest.inspection.inspect import inspect as inspected
    from user_activity.ingest.landing.incoming import utc_today
    from user_activity.ingest.readers.files import FileProblem
    from user_activity.ingest.validation.field_maps import FieldMapRejected
    from user_activity.sources import SOURCES

    if source is not None and source not in SOURCES:
        raise Problem(f"Unknown source {source!r}: choose one of {', '.join(SOURCES)}.")
    if not file.is_file() or not os.access(file, os.R_OK):
        raise Problem(f"{file} is not a readable file.")
    settings = output.settings()
    try:
        found = inspected(file, settings, utc_today(), SOURCES[source] if source else None, sample, preset)
    except FieldMapRejected as error:
        raise Problem(str(error)) from None
    except FileProblem as problem:
        sentence = f"{output.visible(file.name)} {problem.sentence}{_hint(problem.rule, file)}."
        if as_json:
            output.print_json({"file": str(file), "problem": {"rule": problem.rule, "sentence": sentence}})
        else:
            output.prose.print(sentence, style="red", markup=False)
        raise typer.Exit(Exit.REJECTED) from None
    target = _written(found, settings, force=force) if write and found.is_useful else None
    if as_json:
        output.print_json(_plain(file, found, target))
    else:
        _show(file, found)
        _show_next(file, found, settings, target)
    raise typer.Exit(Exit.FINE if found.is_useful else Exit.REJECTED)


def _hint(rule: str, file: Path) -> str:
    if rule != "file_encoding":
        return ""
    return f" (for example: iconv -f WINDOWS-1252 -t UTF-8 {file} > new{file.suffix})"


def _written(found: "Inspection", settings: Settings, *, force: bool) -> Path | None:
    """Write the map, if there is something to map; returns the file."""
    from user_activity.ingest.inspection import map_file

    target = settings.field_maps_file or Path(map_file.DEFAULT)
    if found.proposal.field_map:
        try:
            map_file.write(target, found.proposal.source.name, found.proposal.field_map, settings, force=force)
        except map_file.MapNotWritten as error:
            raise Problem(str(error)) from None
        return target
    return None


def _plain(file: Path, found: "Inspection", target: Path | None) -> dict[str, Any]:
    opening, proposal = found.sample.opening, found.proposal
    return {
        "file": str(file),
        "format": found.format.form.removeprefix("."),
        "compression": found.format.compression.removeprefix("."),
        "encoding": found.format.encoding,
        "delimiter": opening.delimiter,
        "envelope": ".".join(opening.envelope),
        "land_as": found.format.name,
        "records_sampled": found.verdict.accepted + found.verdict.rejected,
        "sample_is_whole_file": found.sample.is_whole,
        "source": proposal.source.name,
        "useful": found.is_useful,
        "times": found.times,
        "columns": [vars(guess) for guess in proposal.columns],
        "missing": proposal.missing,
        "unused_fields": proposal.unused,
        "perhaps": proposal.perhaps,
        "other_sources": found.others,
        "field_map": {proposal.source.name: proposal.field_map} if proposal.field_map else {},
        "settings": [{"setting": need.variable, "reason": need.reason} for need in found.needs],
        "validation": _counts(found.verdict),
        "validation_now": _counts(found.verdict_now),
        "preview": found.preview,
        "notes": found.notes,
        "written": str(target) if target else None,
    }


def _counts(verdict: "Verdict") -> dict[str, Any]:
    return {
        "accepted": verdict.accepted,
        "rejected": verdict.rejected,
        "rejected_by_rule": dict(verdict.rules.most_common()),
        "examples": verdict.reasons | verdict.left_out,
        "set_aside_by_rule": dict(verdict.set_aside.most_common()),
    }


def _show(file: Path, found: "Inspection") -> None:
    proposal, verdict = found.proposal, found.verdict
    _say(f"[bold]{escape(output.visible(file.name))}[/]: {escape(_what(found))}")
    whole = "the whole file" if found.sample.is_whole else "the beginning of the file"
    total = verdict.accepted + verdict.rejected
    _say(f"Sample: {output.counted(total, 'record')}, {whole}")
    others = ", ".join(
        f"{name} (lacks {', '.join(missing)})" if missing else name for name, missing in found.others.items()
    )
    _say(f"Source: [bold]{proposal.source.name}[/]" + (f"; others: {escape(others)}" if others else ""))
    rows = [
        [guess.column, _origin(guess.origin, guess.fields), guess.reason, f"{guess.filled:.0%}", f"{guess.fit:.0%}",
         guess.example[:40], ", ".join(guess.alternatives[:4])]
        for guess in proposal.columns
    ]  # fmt: skip
    output.answer.print()
    output.grid("Columns", ["column", "from", "why", "filled", "fits", "for example", "or"], rows)
    if proposal.unused:
        _say(f"Kept in properties: {escape(output.shown(', '.join(proposal.unused[:30])))}")
    if proposal.perhaps:
        perhaps = "; ".join(f"{', '.join(paths)} as {column}" for column, paths in proposal.perhaps.items())
        _say(f"Not proposed, but possible: {escape(output.shown(perhaps))}")
    changes = ["this map"] * bool(proposal.field_map) + ["these settings"] * bool(found.needs)
    with_what = f" with {' and '.join(changes)}" if changes else ""
    _say(f"\n[bold]{verdict.accepted:,} of {output.counted(total, 'record')} would be accepted{with_what}.[/]")
    if with_what and found.verdict_now.accepted != verdict.accepted:
        _say(f"With the settings as they are: {found.verdict_now.accepted:,}.")
    problems = [[rule, "rejected", count, verdict.reasons[rule]] for rule, count in verdict.rules.most_common()]
    problems += [
        [rule, "value set aside", count, verdict.left_out[rule]] for rule, count in verdict.set_aside.most_common()
    ]
    if problems:
        output.grid("", ["rule", "what happens", "records", "for example"], problems)
    for number, row in enumerate(found.preview, start=1):
        values = ", ".join(f"{name} {value}" for name, value in row.items() if name != "properties")
        _say(f"  [dim]{number}. {escape(output.visible(values))}[/]")
    for note in found.notes:
        _say(f"[yellow]•[/] {escape(output.visible(note))}")


def _what(found: "Inspection") -> str:
    kinds = {".csv": "CSV", ".parquet": "Parquet", ".log": "access log", ".json": "JSON"}
    delimiters = {",": "comma", ";": "semicolon", "\t": "tab", " ": "blank"}
    opening = found.sample.opening
    parts = [kinds.get(found.format.form, "JSON lines")]
    if opening.delimiter:
        parts.append(f"separated by {delimiters.get(opening.delimiter, opening.delimiter)}")
    if opening.envelope:
        parts.append(f"records in {'.'.join(opening.envelope)!r}")
    parts += [each for each in (found.format.encoding, found.format.compression.removeprefix(".")) if each]
    return ", ".join([*parts, *([f"times: {found.times}"] if found.times else [])])


def _origin(origin: Any, fields: tuple[str, ...]) -> str:
    if isinstance(origin, dict) and "expression" in origin:
        return str(origin["expression"])
    if isinstance(origin, dict) and "const" in origin:
        return f"constant {origin['const']}" if origin["const"] is not None else "nothing"
    text = ", then ".join(fields)
    if isinstance(origin, dict):
        text += f" ({output.counted(len(origin['values']), 'value')} renamed)" if "values" in origin else ""
        text += f" in {origin['format']}" if "format" in origin else ""
    return text


def _show_next(file: Path, found: "Inspection", settings: Settings, target: Path | None) -> None:
    from user_activity.ingest.inspection import map_file

    proposal = found.proposal
    if not found.is_useful:
        output.prose.print("No record could be ingested this way.", style="red")
        return
    if not proposal.field_map:
        _say("\nNothing to map: every column is found without a field map.")
    elif target:
        _say(f"\nThe map is written to {escape(output.visible(str(target)))}.")
    else:
        where = settings.field_maps_file or map_file.DEFAULT
        _say(f"\nThe map, for {escape(output.visible(str(where)))} (--write puts it there):\n")
        text = map_file.block(proposal.source.name, proposal.field_map)
        output.answer.print(output.visible_lines(text), markup=False, soft_wrap=True)
    lines = [(need.variable, need.reason) for need in found.needs]
    if proposal.field_map and settings.field_maps_file is None:
        lines.insert(0, (f"USER_ACTIVITY_FIELD_MAPS_FILE={map_file.DEFAULT}", "the map above"))
    if lines:
        _say("\nSettings, for .env:\n")
    for line, reason in lines:
        _say(f"  [dim]# {escape(output.visible(reason))}[/]")
        output.answer.print(f"  {output.visible(line)}", markup=False, soft_wrap=True)
    landed = str(file)
    if found.format.name != file.name:
        landed = found.format.name
        output.prose.print(f"Next: cp {shlex.quote(str(file))} {shlex.quote(landed)}", markup=False)
    command = f"user-activity land {shlex.quote(landed)} --source {proposal.source.name} && user-activity run"
    output.prose.print(f"Next: {command}", markup=False)


def _say(text: str) -> None:
    output.answer.print(text, soft_wrap=True)
