"""What a figure is: ours, its floor, the ratio, the target, and whether it is met.

Belongs here: figures, the size they are taken at, and their table. Does not belong here: how one is measured.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

OTHERS_MAY_TAKE = 0.1  # of the processors, before a figure counts as noisy


@dataclass(frozen=True)
class Workshop:
    """Where a figure is taken, and how large its work is: all sizes follow from the rows of the largest day."""

    folder: Path
    rows: int

    @property
    def days(self) -> int:
        """Days of history: a year, or less where the rows are few."""
        return min(365, max(7, self.rows // 1_000))

    @property
    def events_a_day(self) -> int:
        """Events of one of many days."""
        return max(self.rows // 400, 10)

    @property
    def events_of_a_busy_day(self) -> int:
        """Events of one day that is busier than those before it."""
        return max(self.rows // 20, 10)

    @property
    def events_a_year(self) -> int:
        """Events of all the days of history together."""
        return max(self.rows // 8, 100)

    @property
    def files(self) -> int:
        """Files that wait at a sensor's tick."""
        return max(self.rows // 200, 10)

    @property
    def times(self) -> int:
        """How often a figure that varies is taken, of which the middle or the best counts."""
        return 3 if self.rows >= 100_000 else 1

    def room(self, name: str) -> Path:
        """A folder of its own for a part of the work."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path


@dataclass
class Figure:
    """One measured figure. ``limit`` is the largest ratio, or where ``of_ours`` the largest value of ours."""

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
        """Ours as a multiple of the floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def verdict(self) -> str:
        """Whether the target is met, where there is one."""
        judged = self.ours if self.of_ours else self.ratio
        if self.limit is None or judged is None:
            return ""
        return "met" if judged <= self.limit else "missed"

    @property
    def is_noisy(self) -> bool:
        """Whether other programs took so much of the machine that the figure says little."""
        return self.others > OTHERS_MAY_TAKE

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict, "is_noisy": self.is_noisy}


def show(console: Console, figures: Sequence[Figure]) -> None:
    """The table, and below it where the time goes."""
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
