"""The proposed field map of one source."""

from dataclasses import dataclass, field
from typing import Any

from user_activity.ingest.inspection.guess import MAY_MEAN
from user_activity.ingest.inspection.sections import Meanings, besides
from user_activity.ingest.inspection.synonyms import LINE_PREFIX, MARKS
from user_activity.ingest.validation.presets import preset
from user_activity.setting_types import folded
from user_activity.source_maps import SourceMap
from user_activity.sources import Source


@dataclass(frozen=True)
class ColumnGuess:
    """Where a column comes from, and why."""

    column: str
    origin: Any
    """What the field map says; None if the column is found without one."""
    fields: tuple[str, ...]
    reason: str
    filled: float = 1.0
    """The share of records with a value."""
    fit: float = 1.0
    """The share of the values that the column accepts."""
    example: str = ""
    alternatives: tuple[str, ...] = ()
    """Other fields, and other time formats, that the column may come from."""
    meanings: Meanings = field(default_factory=dict)
    """Our names that names of the file mean."""


@dataclass(frozen=True)
class Proposal:
    """What one source makes of a sample."""

    source: Source
    columns: list[ColumnGuess]
    missing: list[str]
    """Required columns that no field gives."""
    unused: list[str]
    """Top-level fields that no column takes."""
    perhaps: dict[str, list[str]]
    """Unused fields that may be a column, but are not proposed for it."""
    score: float
    sections: dict[str, Any] = field(default_factory=dict)
    """What the map has to say besides columns: how the file is read, what makes an id, what names mean."""
    preset: str | None = None

    @property
    def field_map(self) -> dict[str, Any]:
        """The map that is needed, as a field-map file says it."""
        said = self.sections | {guess.column: guess.origin for guess in self.columns if guess.origin is not None}
        if self.preset is None:
            return said
        return {"preset": self.preset} | besides(preset(self.preset).maps[self.source.name], self.source, said)

    @property
    def is_of_order_lines(self) -> bool:
        """Whether records are lines of orders: they have an order, a price, and a product or a quantity."""
        if self.source.name != "order_items" or self.missing:
            return False
        given = {guess.column: guess for guess in self.columns}
        is_named = any(folded(field).startswith(LINE_PREFIX) for guess in self.columns for field in guess.fields)
        is_sure = is_named or not given["order_id"].reason.startswith(MAY_MEAN)
        return is_sure and not given.keys().isdisjoint(("product_id", "quantity"))

    @property
    def is_marked(self) -> bool:
        """Whether a field says what no line of an order says, so that the records are of this source."""
        mark = MARKS.get(self.source.name)
        return not self.missing and any(guess.column == mark and guess.fields for guess in self.columns)

    @property
    def said(self) -> SourceMap:
        """The same as ingest takes it."""
        return SourceMap.model_validate(self.field_map)
