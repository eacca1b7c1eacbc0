"""``python docs/dictionary.py``: write ``docs/data-dictionary.md`` out of the models' ``.yml`` files.

Belongs here: the page's form. Does not belong here: what a table or column means; that is said in its ``.yml``, once.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-dictionary.md"
LAYERS = {
    "metrics": "What dashboards and analysts read: figures, one row per day, period or customer.",
    "marts": "Facts and dimensions: what happened, and to whom.",
    "intermediate": "Steps between staging and marts that more than one table needs.",
    "staging": "The deduplicated truth of each source, by event date.",
    "audit": "What landed, what was rejected, what ran and rebuilt what, and what checks found.",
}
GRAIN = re.compile(r"^Grain: (.+?)\.(?:\s+|$)")

Properties = Mapping[str, Any]


def page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Data dictionary",
        "",
        "Every table that the platform builds, as its `.yml` beside the model describes it; `make docs` writes this.",
        "What the figures mean, with examples, is in [metrics.md](metrics.md).",
    ]
    for layer, sentence in LAYERS.items():
        lines += ["", f"## {layer}", "", sentence]
        for table in sorted(tables(layer), key=lambda table: str(table["name"])):
            lines += ["", *_section(layer, table)]
    return "\n".join(lines) + "\n"


def tables(layer: str) -> Iterator[Properties]:
    """The models of a layer, the seeds beside staging, and what comes into a layer from elsewhere and is described."""
    folders = [ROOT / "sql" / "models" / layer, *([ROOT / "sql" / "seeds"] if layer == "staging" else [])]
    for path in sorted(path for folder in folders for path in folder.glob("*.yml")):
        properties = yaml.safe_load(path.read_text())
        yield from [*properties.get("models", []), *properties.get("seeds", [])]
        sources = [source for source in properties.get("sources", []) if source["name"] == layer]
        yield from (table for source in sources for table in source["tables"] if "columns" in table)


def _section(layer: str, table: Properties) -> Iterator[str]:
    description = _words(table["description"])
    grain = GRAIN.match(description)
    yield f"### {layer}.{table['name']}"
    yield ""
    if grain:
        yield f"**Grain:** {grain[1]}. {description[grain.end() :]}".rstrip()
    else:
        yield description
    key = table.get("config", {}).get("meta", {}).get("key")
    if key:
        yield ""
        yield f"**Key:** {', '.join(f'`{column}`' for column in key)}"
    if table.get("columns"):
        yield ""
        yield "| column | type | meaning |"
        yield "| --- | --- | --- |"
        for column in table["columns"]:
            meaning = _words(column["description"]).replace("|", "\\|")
            yield f"| `{column['name']}` | {column.get('data_type', '')} | {meaning} |"


def _words(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(page())
