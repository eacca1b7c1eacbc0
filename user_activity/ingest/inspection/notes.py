"""What a person should know about a proposal, in sentences."""

from collections.abc import Iterator

from user_activity.ingest.inspection.proposal import ColumnGuess, Proposal
from user_activity.ingest.inspection.proposer import FULL
from user_activity.setting_types import folded
from user_activity.settings import Settings
from user_activity.sources.contracts.base import spellings
from user_activity.sources.contracts.items import Item

_LINE = {folded(name) for column in ("quantity", "unit_price") for name in (column, *spellings(Item)[column])}
BEGINNING = (
    "The sample is the beginning of the file: later records may have other event types, earlier dates and other "
    "faults. --sample 1000000 reads more."
)


def notes_on(best: Proposal, settings: Settings, times: str, new_name: str, *, is_whole: bool) -> list[str]:
    """The sentences; ``times`` is the kind of times of the date column, ``new_name`` what the file should be called."""
    beginning = [] if is_whole else [BEGINNING]
    return [*_notes(best, {guess.column: guess for guess in best.columns}, settings, times, new_name), *beginning]


def _notes(
    best: Proposal, columns: dict[str, ColumnGuess], settings: Settings, times: str, new_name: str
) -> Iterator[str]:
    if new_name:
        yield f"The name of the file does not say its format: land it as {new_name}."
    if best.said.file.header is False:
        yield (
            "The first line is a record, so columns are named c1, c2, …: write their names into the map instead, like "
            f"file: {{header: [{', '.join(best.source.required[:2])}, …]}}."
        )
    if "identity" in best.sections:
        yield (
            f"No field gives {best.source.columns[0]}: it is made of {', '.join(best.sections['identity'])}. Rows of "
            "one file that are equal in these are counted one by one."
        )
    if best.missing:
        yield (
            f"No field gives {', '.join(best.missing)}, which every record of {best.source.name} must have: map a "
            f"field or a constant ({best.missing[0]}: {{const: …}}) yourself, or choose another source."
        )
    used = {name for guess in best.columns for name in guess.fields}
    if len(best.unused) > 2 * len(used):
        every = len(used) + len(best.unused)
        yield f"Only {len(used)} of {every} fields have a column: check that the file is of {best.source.name}."
    if (kind := columns.get("event_type")) and kind.origin == {"const": "purchase"}:
        what, source = ("a line of an order", "order_items") if "order_id" in columns else ("an order", "orders")
        yield (
            f"Each record seems to be {what}, and is proposed as an event. With --source {source}, it is {what}, and "
            "counts in revenue."
        )
    if "items" in best.source.columns and "items" not in columns and len(_LINE & set(map(folded, best.unused))) > 1:
        yield (
            "Each record seems to be one line of an order. A record of orders holds all lines of the order: take "
            "--source order_items."
        )
    if "user_id" in {*best.source.columns} - {*best.source.required, *columns}:
        yield "No field gives user_id: each record counts as that of a guest, and in no customer's figures."
    if "order_at" in {*best.source.columns} - {*best.source.required, *columns}:
        yield "No field gives order_at: an order that has no record of its own is of the day on which its lines land."
    for guess in best.columns:
        if guess.column in best.source.required and guess.filled < FULL and len(guess.fields) == 1:
            yield (
                f"{1 - guess.filled:.0%} of the records have no {guess.column} and would be rejected. To keep them, "
                f"map what it is then ({guess.column}: {{field: {guess.fields[0]}, const: …}})."
            )
    if (
        "currency" in best.source.columns
        and "currency" not in columns
        and {"revenue", "price", "unit_price", "amount"} & set(columns)
    ):
        yield (
            f"No field gives the currency: amounts are in {settings.default_currency}. For another one, set "
            "USER_ACTIVITY_DEFAULT_CURRENCY, or map a constant (currency: {const: EUR})."
        )
    if "without an offset" in times:
        yield "Times have no offset and are read as UTC. For local times, map their zone (zone: Europe/Berlin)."
    if times == "dates without a time":
        yield f"Dates have no time: each is the start of its day in {settings.timezone}."
    for guess in best.columns:
        if guess.alternatives and guess.alternatives[0].startswith("format "):
            other = guess.alternatives[0].removeprefix("format ")
            yield f"Every sampled {guess.column} also fits {other}: check which of day and month comes first."
