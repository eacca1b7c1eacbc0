"""``python docs/presets.py``: write ``docs/presets.md`` from the presets' files.

Belongs here: the page's layout. Does not belong here: what a preset maps and loses, which is in its file.
"""

from collections.abc import Iterator
from pathlib import Path

from user_activity.ingest.validation.presets import Preset, preset, preset_names

PAGE = Path(__file__).resolve().parent / "presets.md"
HEAD = """# Presets

Ready-made maps for what public tools export, written by `make docs` from the files in `user_activity/sources/presets`.
A source takes one by its name, in the [field-map file](field-maps.md) or the setting `USER_ACTIVITY_FIELD_MAPS`:

```yaml
orders: {preset: shopify}
events:
  preset: segment
  roles: {product_view: [Item Seen]}
  country: properties.country
```

What else the map says wins, word by word and column by column; `{const: null}` takes a column out. A preset is part of
how files are read: if a release changes it, the files of its sources are read again by the next `run`.

```sh
user-activity inspect orders_export.csv --preset shopify    # what would be accepted with it; ingests nothing
```

Every field that no column takes is kept in `properties`. The maps follow what the tools document, and were tried on
samples of our own making; look at what `inspect` says of your files."""


def page() -> str:
    """Return the whole page as Markdown."""
    presets = [preset(name) for name in preset_names()]
    lines = [HEAD, "", "| Preset | Sources | What |", "| --- | --- | --- |"]
    lines += [f"| [`{each.name}`](#{each.name}) | {_sources(each)} | {each.description} |" for each in presets]
    for each in presets:
        lines += ["", *_section(each)]
    return "\n".join(lines) + "\n"


def _sources(each: Preset) -> str:
    return ", ".join(f"`{source}`" for source in each.maps)


def _section(each: Preset) -> Iterator[str]:
    yield f"## {each.name}"
    yield ""
    yield each.description
    yield ""
    yield f"- **Sources:** {_sources(each)}"
    if each.settings:
        yield f"- **Settings:** {', '.join(f'`{name}={value}`' for name, value in each.settings.items())}"
    yield f"- **Based on:** {', '.join(f'<{url}>' for url in each.documentation)}"
    yield ""
    yield "What is lost, or read in a way that you should know:"
    yield ""
    yield from (f"- {sentence}" for sentence in each.lost)


if __name__ == "__main__":
    PAGE.write_text(page())
