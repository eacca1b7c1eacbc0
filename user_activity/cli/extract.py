"""``extract``: land what is new in the sources' databases."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.status import Status

from user_activity.cli import output
from user_activity.cli.output import Exit, JsonOption, Problem
from user_activity.cli.session import one_at_a_time
from user_activity.ingest.landing.configured_databases import ExtractFailed, databases

if TYPE_CHECKING:
    from user_activity.ingest.landing.database import Extracted

SourceOption = Annotated[str | None, typer.Option(help="Only this source; default: every source with a database.")]
WholeOption = Annotated[bool, typer.Option("--whole", help="Read all rows, also those that were extracted before.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(extract)


def extract(source: SourceOption = None, whole: WholeOption = False, as_json: JsonOption = False) -> None:
    """Read new and changed rows from the sources' databases and land them as Parquet files.

    An extract that was interrupted continues after its last landed file. The databases are only read.

    Example: user-activity extract --source orders
    """
    settings = output.settings()
    configured = databases(settings)
    if not configured:
        raise Problem(
            "No source has a database: set USER_ACTIVITY_<SOURCE>_DATABASE_URL, "
            "and USER_ACTIVITY_<SOURCE>_DATABASE_TABLE or _QUERY."
        )
    if source is not None and source not in configured:
        raise Problem(f"The source {source!r} has no database: choose one of {', '.join(configured)}.")
    output.hush(verbose=False)
    from user_activity.ingest.landing import database

    found: list[Extracted] = []
    failed: list[str] = []
    with one_at_a_time(settings):  # a backup has either both a file and its position, or neither
        for name in [source] if source else configured:
            try:
                with output.prose.status(f"Extracting {name}") as status:
                    found.append(database.extract(settings, name, whole=whole, tell=_progress(name, status)))
            except ExtractFailed as error:
                failed.append(str(error))
            else:
                if not as_json:
                    _show(found[-1])
    if as_json:
        output.print_json({"extracted": [_plain(each) for each in found], "failures": failed})
    for sentence in failed:
        output.prose.print(output.visible(sentence), style="red", markup=False)
    if any(each.files for each in found):
        output.prose.print("Next: user-activity run")
    raise typer.Exit(Exit.FAILED if failed else Exit.FINE)


def _progress(name: str, status: Status) -> Callable[[int], None]:
    return lambda rows: status.update(f"Extracting {name}: {output.counted(rows, 'row')}")


def _show(extracted: "Extracted") -> None:
    landed = f"{output.counted(extracted.rows, 'row')} landed in {output.counted(len(extracted.files), 'file')}"
    reached = f", up to {extracted.position}" if extracted.position is not None else ""
    output.answer.print(f"{extracted.source}: {landed if extracted.files else 'nothing new'}{reached}", markup=False)


def _plain(extracted: "Extracted") -> dict[str, Any]:
    return {
        "source": extracted.source,
        "rows": extracted.rows,
        "files": list(extracted.files),
        "position": extracted.position,
    }
