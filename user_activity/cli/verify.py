"""``verify``: recount archive, lake, warehouse and published files in full."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.interrupts import stoppable
from user_activity.cli.output import Exit, JsonOption, VerboseOption
from user_activity.cli.session import one_at_a_time, runner

if TYPE_CHECKING:
    from user_activity.orchestration.verification import Difference

ROUNDS = 3  # what one repair brings to light, the next one mends

RepairOption = Annotated[bool, typer.Option("--repair", help="Mend what was found, then count again.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(stoppable(verify))


def verify(repair: RepairOption = False, verbose: VerboseOption = False, as_json: JsonOption = False) -> None:
    """Recount every file, row and table: archive against lake, lake against warehouse, tables against published files.

    Builds compare states and touch only what has changed. This command counts everything: it finds changes by hand.
    Exit code 1 if anything differs at the end.

    Example: user-activity verify --repair
    """
    settings = output.settings()
    repaired: list[Difference] = []
    with one_at_a_time(settings):
        output.hush(verbose=verbose)
        import json

        from user_activity.orchestration import verification
        from user_activity.orchestration.assets.models import published_relations
        from user_activity.orchestration.dbt.runner import ensure_manifest

        published = published_relations(json.loads(ensure_manifest(settings).read_bytes()))
        found = verification.differences(settings, published)
        for _ in range(ROUNDS if repair else 0):
            if all(each.mended_by == "backup" for each in found):
                break
            with output.bars(quiet=as_json) as bars, runner(settings, bars, verbose=verbose) as ready:
                verification.repair(ready, published, found)
            left = verification.differences(settings, published)
            repaired += [each for each in found if each not in left]
            found = left
    if as_json:
        output.print_json({"differences": _plain(found), "repaired": _plain(repaired)})
    else:
        _show(found, repaired, repair=repair)
    raise typer.Exit(Exit.FAILED if found else Exit.FINE)


def _plain(found: "list[Difference]") -> list[dict[str, Any]]:
    return [{"difference": each.sentence, "mended_by": each.mended_by} for each in found]


def _show(found: "list[Difference]", repaired: "list[Difference]", *, repair: bool) -> None:
    for each in repaired:
        output.answer.print(f"Repaired: {each.sentence}", markup=False)
    for each in found:
        output.prose.print(each.sentence, style="red", markup=False)
    if not found:
        output.answer.print("Archive, lake, warehouse and published files agree.")
    elif not repair and any(each.mended_by != "backup" for each in found):
        output.prose.print("Next: user-activity verify --repair")
