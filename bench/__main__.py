"""``python -m bench``: measure the figures, print one table, and save them as JSON in ``bench/results/``."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

import bench
from bench import fixed, history, ingest, metrics, postgres, retention, sensors, servers
from bench.figures import Figure, Workshop, show
from bench.measure import others

FIGURES: dict[str, Callable[[Workshop], Iterator[Figure]]] = {
    "ingest": ingest.figures,
    "metrics": metrics.figures,
    "year": history.year,
    "growth": history.growth,
    "fixed": fixed.one_row,
    "sensor": sensors.figures,
    "location": fixed.code_location,
    "postgres": postgres.figures,
    "servers": servers.figures,
    "retention": retention.figures,
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure the requested figures."""
    parser = argparse.ArgumentParser("bench", description=bench.__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, help="events of the largest day; every size follows")
    parser.add_argument(
        "--only", nargs="+", choices=FIGURES, default=list(FIGURES), metavar="NAME", help=", ".join(FIGURES)
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON document")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder that the figures are kept in")
    asked = parser.parse_args()
    said = Console(stderr=True, highlight=False)
    started = time.monotonic()
    taken: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, said.status("") as status:
        for name in asked.only:
            status.update(f"Measuring: {name}")
            with others() as took:
                found = list(FIGURES[name](Workshop(Path(folder) / name, asked.rows)))
                for figure in found:
                    figure.others = took()
            taken += found
    document = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": asked.rows,
        "seconds": round(time.monotonic() - started, 1),
        "machine": _machine(),
        "figures": [figure.as_dict() for figure in taken],
    }
    path = _keep(asked.results, document)
    if asked.json:
        json.dump(document, sys.stdout, indent=2)
        print()
    else:
        show(Console(highlight=False, width=None if sys.stdout.isatty() else 160), taken)
    said.print(f"{document['seconds']} s in all; kept in {path}")


def _machine() -> dict[str, Any]:
    return {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def _keep(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document['taken_at'].replace(':', '').partition('+')[0]}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


if __name__ == "__main__":
    main()
