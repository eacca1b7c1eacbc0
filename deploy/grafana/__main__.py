"""``python -m deploy.grafana``: write the dashboards that Grafana loads, from their panels and queries.

Belongs here: the list of files. Does not belong here: their content.
"""

import json
from pathlib import Path

from deploy.grafana.business import business
from deploy.grafana.operations import operations

FOLDER = Path(__file__).parent / "dashboards"


def files() -> dict[Path, str]:
    """Return the text of each file, by path."""
    dashboards = {"operations": operations(), "business": business()}
    return {
        FOLDER / f"{name}.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        for name, found in dashboards.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
