"""What a figure is: our value, its floor, the ratio, the target, and whether it is met.

Belongs here: figures, the size of their data, and their table. Does not belong here: how one is measured.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

OTHERS_MAY_TAKE = 0.1  # the share of CPU time that other programs may use before a figure counts as noisy


@dataclass(frozen=True)
class Workshop:
    """The folder and the data size of a figure; all sizes are derived from the number of rows of the largest day."""

    folder: Path
    rows: int

    @property
    def days(self) -> int:
        """Days of history: a year, or less if there are few rows."""
        return min(365, max(7, self.rows // 1_000))

    @property
    def events_a_day(self) -> int:
        """Events per day of a long history."""
        return max(self.rows // 400, 10)

    @property
    def events_of_a_busy_day(self) -> int:
        """Events of a day with more events than the days before it."""
        return max(self.rows // 20, 10)

    @property
    def events_a_year(self) -> int:
        """Events of all days of history together."""
        return max(self.rows // 8, 100)

    @property
    def files(self) -> int:
        """Waiting files at a sensor's tick."""
        return max(self.rows // 200, 10)

    @property
    def times(self) -> int:
        """How often a figure that varies is measured; the median or the best value counts."""
        return 3 if self.rows >= 100_000 else 1

    def room(self, name: str) -> Path:
        """Create and return a subfolder for a part of the work."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path


@dataclass
class Figure:
    """One measured figure. The target is a maximum, ``limit``: of the ratio, or if ``of_ours`` of our value."""

    name: str
    ours: float
    floor: float | None
    unit: str
    limit: float | None = None
    of_ours: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    others: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Our value divided by the floor; None without a floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def verdict(self) -> str:
        """``met`` or ``missed``; empty without a target."""
        judged = self.ours if self.of_ours else self.ratio
        if self.limit is None or judged is None:
            return ""
        return "met" if judged <= self.limit else "missed"

    @property
    def is_noisy(self) -> bool:
        """Whether other programs used so much CPU time that the figure is not reliable."""
        return self.others > OTHERS_MAY_TAKE

    def as_dict(self) -> dict[str, Any]:
        """All fields and properties, for JSON."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict, "is_noisy": self.is_noisy}


def show(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table and, below it, the details of each figure."""
    table = Table(title="How fast it is", title_justify="left", title_style="bold", caption_justify="left")
    table.add_column("figure")
    for heading in ("ours", "floor", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for figure in figures:
        style = {"met": "green", "missed": "red"}.get(figure.verdict, "")
        noisy = f"  noisy: others took {figure.others:.0%}" if figure.is_noisy else ""
        table.add_row(figure.name, *_cells(figure), f"[{style}]{figure.verdict}[/]{noisy}" if style else noisy.strip())
    console.print(table)
    for figure in figures:
        if figure.details:
            parts = ", ".join(f"{part} {_written(value)}" for part, value in figure.details.items())
            console.print(f"{figure.name}: {parts}", highlight=False)


def _cells(figure: Figure) -> list[str]:
    ours = f"{_written(figure.ours)} {figure.unit}"
    floor = f"{_written(figure.floor)} {figure.unit}" if figure.floor is not None else ""
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    unit = f" {figure.unit}" if figure.of_ours else ""
    limit = f"≤ {figure.limit:g}{unit}" if figure.limit is not None else ""
    return [ours, floor, ratio, limit]


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
