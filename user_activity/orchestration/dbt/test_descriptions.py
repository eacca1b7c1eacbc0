"""Descriptions of dbt tests and of their failures.

A test without its own description uses that of its generic test (``sql/macros/tests.yml``), then lists its arguments.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_FAILURES = 100  # dbt stops counting there (`limit` in dbt_project.yml)
REFERENCE = re.compile(r"(?:ref|source)\((?:'\w+',\s*)?'(\w+)'\)")


def held(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return what a test requires, as Markdown."""
    if test.get("description"):
        return str(test["description"])
    kind = test["test_metadata"]
    arguments = kind["kwargs"]
    macro = manifest["macros"].get(f"macro.{test['package_name']}.test_{kind['name']}", {})
    model = manifest["nodes"].get(test["attached_node"], {})
    key = model.get("config", {}).get("meta", {}).get("key", [])
    words = {**arguments, "key": _codes(key), "by": _codes(arguments.get("by", []))}
    words["others"] = _codes(dict.fromkeys(_name(other["rows"]) for other in arguments.get("others", [])))
    sentence = macro.get("description") or f"{test['name'].replace('_', ' ').capitalize()}."
    return "\n".join([sentence.format(**words), "", *_details(arguments)]).strip()


def found(failures: int, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence with the number of failing rows, and the first of them."""
    some = f"{failures} or more rows break" if failures >= MOST_FAILURES else f"{failures} rows break"
    count = "1 row breaks" if failures == 1 else some
    if not rows:
        return f"{count} it."
    first = ", ".join(f"{name} {value}" for name, value in rows[0].items() if value is not None)
    return f"{count} it; the first: {first.strip(' ;')}."


def _details(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield a test's arguments as Markdown list items."""
    if arguments.get("required"):
        yield f"- has a value: {_codes(arguments['required'])}"
    for words, condition in arguments.get("rules", {}).items():
        yield f"- {words}: `{' '.join(condition.split())}`"
    for reference in arguments.get("references", []):
        yield f"- `{reference['column']}` is in `{_name(reference['to'])}`"
    for amount, expression in arguments.get("sums", {}).items():
        yield f"- {amount}: `{expression}`"


def _name(relation: str) -> str:
    """Return the model in a ``ref`` or ``source`` expression."""
    match = REFERENCE.search(relation)
    return match.group(1) if match else relation


def _codes(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
