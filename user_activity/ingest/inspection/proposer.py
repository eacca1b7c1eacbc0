"""Proposes the field map of one source: an origin for each column that validation would not find by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from user_activity.ingest.inspection.fields import Field, field_at, filled_by
from user_activity.ingest.inspection.guess import LIKELY, SURE, Candidate, assigned, candidates
from user_activity.ingest.inspection.proposal import ColumnGuess, Proposal
from user_activity.ingest.inspection.sample import mapped
from user_activity.ingest.inspection.sections import BUILT_IN, Meanings, plain, sections, unnamed
from user_activity.ingest.inspection.synonyms import EITHER, EXPECTED, UNIT_PRICES, meaning
from user_activity.ingest.readers.batches import Shape
from user_activity.ingest.validation.field_mapping import picks
from user_activity.ingest.validation.known_names import respelled
from user_activity.ingest.validation.presets import preset
from user_activity.origins import Origin
from user_activity.setting_types import folded
from user_activity.settings import Settings
from user_activity.source_maps import SourceMap
from user_activity.sources import Source, ValidationContext
from user_activity.sources.contracts.values import OneOf

FULL = 0.999
_MISSING_PENALTY = 4.0


class Proposer:
    """Proposes the map of one source for the fields of a sample."""

    def __init__(
        self, source: Source, settings: Settings, shape: Shape, fields: Mapping[str, Field], context: ValidationContext
    ) -> None:
        self._source = source
        self._settings = settings
        self._fields = fields
        self._context = context
        self._found = candidates(source, fields, context)
        chosen = picks(source, mapped(settings, source, {}))
        if shape.form != "log":
            chosen = respelled(chosen, [*shape.names] or [path for path in fields if self._is_top(path)])
        self._own = {column: [name for name in pick.names if name in fields] for column, pick in chosen.items()}
        """The fields that each column takes without a map."""

    def proposal(self, existing: SourceMap) -> Proposal:
        """The proposal; what an existing map says of fields that the file has is kept, and all that it says besides.

        A preset knows the fields of its tool: to what it says, only columns are added that have their own names.
        """
        kept = {column: origin for column, origin in existing.columns.items() if self._applies(origin)}
        taken = {name for origin in kept.values() for name in origin.used}
        found = {column: ones for column, ones in self._found.items() if column not in kept}
        if existing.preset:
            found = {
                column: own
                for column, ones in found.items()
                if column not in existing.columns
                and (own := [one for one in ones if one.field.path in self._own.get(column, [])])
            }
        chosen = assigned(self._source, found, taken)
        taken |= {one.field.path for one in chosen.values()}
        guesses = {column: self._kept(column, origin, existing.preset) for column, origin in kept.items()}
        for column, one in chosen.items():
            guesses[column] = self._guess(one, taken, existing)
            taken.update(guesses[column].fields)
        for guess in (*self._of_order_lines(guesses), *self._no_key(guesses, taken)):
            guesses[guess.column] = guess
        columns = [guesses[column] for column in self._source.columns if column in guesses]
        missing = [column for column in self._source.required if column not in guesses]
        meanings = {guess.column: guess.meanings for guess in columns if guess.meanings}
        more = sections(self._source, existing, [*guesses], missing, meanings)
        if (either := EITHER.get(self._source.name)) and guesses.keys().isdisjoint(either):
            missing.append(" or ".join(either))
        used = {name for guess in columns for name in guess.fields}
        roots = {name.partition("[")[0].partition(".")[0] for name in used}
        unused = [path for path in self._fields if path not in used and path not in roots and self._is_top(path)]
        perhaps = {
            column: paths
            for column, ones in self._found.items()
            if column not in guesses and (paths := [one.field.path for one in ones if one.field.path in unused])
        }
        score = sum(one.score * one.fit * (3 if one.column in self._source.required else 1) for one in chosen.values())
        expected = EXPECTED.get(self._source.name, ())
        penalties = len(missing) + bool(expected and guesses.keys().isdisjoint(expected))
        score += 2 * len(kept) - _MISSING_PENALTY * penalties
        missing = [column for column in missing if "identity" not in more or column != self._source.columns[0]]
        return Proposal(self._source, columns, missing, unused, perhaps, score, more, existing.preset)

    def _is_top(self, path: str) -> bool:
        return not any(path.startswith((f"{other}.", f"{other}[")) for other in self._fields if other != path)

    def _applies(self, origin: Origin) -> bool:
        return not origin.used or any(field_at(self._fields, name) for name in origin.used)

    def _kept(self, column: str, origin: Origin, of_preset: str | None) -> ColumnGuess:
        read = [field for name in origin.used if (field := field_at(self._fields, name))]
        example = next((value for field in read for value in field.given[:1]), "")
        filled = filled_by(read) if read and origin.const is None else 1.0
        is_of_preset = of_preset and preset(of_preset).maps[self._source.name].columns.get(column) == origin
        reason = f"the preset {of_preset}" if is_of_preset else "your field map"
        return ColumnGuess(column, plain(origin), origin.used, reason, filled, example=example)

    def _guess(self, one: Candidate, taken: set[str], existing: SourceMap) -> ColumnGuess:
        column, fields, filled = one.column, [one.field], one.field.filled
        own = self._own.get(column, [])
        if column in self._source.required and filled < FULL and not one.format:
            fields += self._fallbacks(one, taken)
            filled = filled_by(fields)
        names = [field.path for field in fields]
        meanings = self._meanings(column, fields, existing)
        values = self._values(column, fields) if not meanings else {}
        origin: dict[str, Any] = {"field": names[0] if len(names) == 1 else names}
        origin = {"expression": f"{_named(names[0])} / 100"} if one.is_cents else origin
        origin |= {"values": values} if values else {}
        origin |= {"format": one.format} if one.format else {}
        is_own = own[: len(names)] == names and list(origin) == ["field"]
        others = [other for other in self._found[column] if other.field.path not in names and other.score >= LIKELY]
        alternatives = [f"format {form}" for form in one.other_formats] + [other.field.path for other in others]
        return ColumnGuess(
            column,
            None if is_own else origin["field"] if list(origin) == ["field"] else origin,
            tuple(names),
            one.reason + (f", then {', '.join(names[1:])}" if len(names) > 1 else ""),
            filled,
            one.fit,
            next((value for field in fields for value in field.given[:1]), ""),
            tuple(alternatives),
            meanings,
        )

    def _fallbacks(self, one: Candidate, taken: set[str]) -> list[Field]:
        """Other fields of a required column for records in which the first has no value."""
        fields = [one.field]
        for other in self._found[one.column]:
            if other.score >= SURE and other.field.path not in taken and not other.format:
                more = [*fields, other.field]
                fields = more if filled_by(more) > filled_by(fields) else fields
        return fields[1:]

    def _values(self, column: str, fields: Sequence[Field]) -> dict[str, str]:
        """Replacements of names that we know under another one."""
        kind = self._source.kinds[column]
        if not isinstance(kind, OneOf) or column in BUILT_IN:
            return {}
        names = kind.names(self._settings)
        known = {folded(name) for name in names} | {folded(other) for other, _ in kind.spellings}
        distinct = dict.fromkeys(value for field in fields for value in field.distinct)
        unknown = [value for value in distinct if folded(value) not in known]
        return {value: ours for value in unknown if (ours := meaning(column, value)) in names and ours}

    def _meanings(self, column: str, fields: Sequence[Field], existing: SourceMap) -> Meanings:
        """Our event types or statuses that names of these fields mean, in order."""
        kind = self._source.kinds[column]
        found: Meanings = {}
        if isinstance(kind, OneOf) and column in BUILT_IN:
            distinct = list(dict.fromkeys(value for field in fields for value in field.distinct))
            for value in unnamed(column, distinct, [other for other, _ in kind.spellings], existing):
                if ours := meaning(column, value):
                    found.setdefault(ours, []).append(value)
        return found

    def _of_order_lines(self, guesses: Mapping[str, ColumnGuess]) -> list[ColumnGuess]:
        """Records of what was bought that do not say that it was: a purchase each, of quantity times price."""
        columns = self._source.columns
        if "event_type" not in columns or "event_type" in guesses or "revenue" not in columns:
            return []
        prices = [path for path, field in self._fields.items() if ".".join(field.names) in map(folded, UNIT_PRICES)]
        more = []
        if "revenue" not in guesses and prices and "quantity" in guesses:
            quantity = guesses["quantity"].fields[0]
            expression = {"expression": f"{_named(quantity)} * {_named(prices[0])}"}
            more = [ColumnGuess("revenue", expression, (quantity, prices[0]), "quantity times the price of one unit")]
        if more or "revenue" in guesses:
            reason = "no field says what happened; a record with an amount is taken for a purchase"
            return [*more, ColumnGuess("event_type", {"const": "purchase"}, (), reason, example="purchase")]
        if "page_url" in guesses:
            reason = "no field says what happened; a record with a page is taken for a view of it"
            return [ColumnGuess("event_type", {"const": "page_view"}, (), reason, example="page_view")]
        return []

    def _no_key(self, guesses: Mapping[str, ColumnGuess], taken: set[str]) -> list[ColumnGuess]:
        """A key that would be taken from a field whose values repeat is left empty: it is derived from the record."""
        key = self._source.columns[0]
        own = [name for name in self._own.get(key, []) if name not in taken]
        if not self._source.derive_key or key in guesses or not own or not self._fields[own[0]].given:
            return []
        reason = f"{own[0]} repeats, so it is no {key}: one is derived from each record"
        return [ColumnGuess(key, {"const": None}, (), reason, filled=0.0)]


def _named(path: str) -> str:
    """A field in an expression; quoted unless it is an identifier or a path of identifiers."""
    return path if all(part.isidentifier() for part in path.split(".")) else f"'{path}'"
