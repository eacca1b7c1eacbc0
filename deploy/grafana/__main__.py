"""``python -m deploy.grafana``: write the dashboards that Grafana loads, out of their panels and queries.

Belongs here: which files there are. Does not belong here: what is in them.
"""

import json
from pathlib import Path

from deploy.grafana.business import business
from deploy.grafana.operations import operations

FOLDER = Path(__file__).parent / "dashboards"


def files() -> dict[Path, str]:
    """The text of each file."""
    dashboards = {"operations": operations(), "business": business()}
    return {
        FOLDER / f"{name}.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        for name, found in dashboards.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
