"""What dbt needs to know about the sources, generated from their contracts before it parses the project.

Belongs here: the two generated files, and what a source's staging model must provide. Does not belong here: the facts
themselves (``sources``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from user_activity.files import write_texts
from user_activity.sources import SOURCES, Source, SourceRejected

FACTS = "macros/source_facts.sql"
TABLES = "models/staging/raw.yml"
WRITTEN = "Written from the contracts in user_activity/sources before dbt parses the project: edit those instead."


def declare_sources(project_dir: Path) -> None:
    """Update the generated files. Raises :class:`SourceRejected` if a staging model is missing or a file read-only."""
    models = {path.stem for path in (project_dir / "models").rglob("*.sql")}
    for source in SOURCES.values():
        if f"stg_{source.name}" not in models:
            raise SourceRejected(
                f"The source {source.name} has no staging model: write {project_dir}/models/staging/"
                f"stg_{source.name}.sql and its .yml, as stg_reviews.sql does."
            )
    texts = {project_dir / FACTS: _facts(), project_dir / TABLES: _tables()}
    changed = {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}
    try:
        write_texts(changed)
    except OSError as error:
        raise SourceRejected(
            f"{project_dir} describes the sources differently from their contracts, and cannot be written "
            f"({error.strerror}): parse the project where its folder is writable, as deploy/Dockerfile does."
        ) from None


def _facts() -> str:
    entries = "".join(f"        {json.dumps(source.name)}: {{{_entry(source)}}},\n" for source in SOURCES.values())
    return (
        f"{{#- {WRITTEN} -#}}\n"
        f"{{% macro source_facts() -%}}\n    {{{{ return({{\n{entries}    }}) }}}}\n{{%- endmacro %}}\n"
    )


def _entry(source: Source) -> str:
    facts = {
        "identity": _expressions(source, source.key),
        "constant": _expressions(source, source.constant_columns),
        "at": json.dumps(source.date_column),
        "updated": json.dumps(source.updated_column or "cast(null as timestamp)"),
        "can_move": json.dumps(source.date_column not in source.key),
        "is_clamped": json.dumps(source.clamp_early),
        "has_user": json.dumps(source.has_user),
    }
    return "".join(f"\n            {json.dumps(name)}: {value}," for name, value in facts.items()) + "\n        "


def _expressions(source: Source, columns: Sequence[str]) -> str:
    """Return a list, for Jinja, of the expressions whose surrogate key identifies the values of these columns."""
    named = (
        f"epoch_micros({json.dumps(column)})" if source.kinds[column].sql_type == "TIMESTAMP" else json.dumps(column)
        for column in columns
    )
    return f"[{', '.join(named)}]"


def _tables() -> str:
    tables = "".join(
        f"      - name: {source.name}\n"
        f"        description: {json.dumps(f'One row per accepted record. {source.description}', ensure_ascii=False)}\n"
        for source in SOURCES.values()
    )
    return (
        f"# {WRITTEN}\nversion: 2\n\nsources:\n  - name: raw\n    schema: raw\n"
        "    description: What was received, by landing date. Built from files; read through raw_rows().\n"
        f"    tables:\n{tables}"
    )


def check_staging_models(manifest: Mapping[str, Any]) -> None:
    """Raise :class:`SourceRejected` if a staging model lacks a required column or the row conservation test."""
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    counted = {node["attached_node"] for node in manifest["nodes"].values() if _counts_accepted_rows(node)}
    for source in SOURCES.values():
        model = models[f"stg_{source.name}"]
        if model["unique_id"] not in counted:
            raise SourceRejected(
                f"{model['name']} has no test accepted_rows_are_kept, and records could be lost unnoticed: "
                f"add it to {model['name']}.yml, as stg_reviews.yml does."
            )
        for column, kind, expression in _required_columns(source, model["config"]["meta"], model["name"]):
            if model["columns"].get(column, {}).get("data_type") != kind:
                raise SourceRejected(
                    f"{model['name']} ({model['original_file_path']}) describes no column {column} of type {kind}: "
                    f"select {expression} as {column}, and describe it in {model['name']}.yml."
                )


def _counts_accepted_rows(node: Mapping[str, Any]) -> bool:
    return bool((node.get("test_metadata") or {}).get("name") == "accepted_rows_are_kept")


def _required_columns(source: Source, meta: Mapping[str, Any], model: str) -> Iterator[tuple[str, str, str]]:
    """Yield the columns that a staging model must have: name, type, and the expression it selects."""
    for fact, example in (("key", f"[{source.name}_key]"), ("date_column", f"{source.name}_date")):
        if not meta.get(fact):
            raise SourceRejected(f"{model} names no {fact} in its meta: add one, like {fact}: {example}.")
    yield meta["key"][0], "bigint", f'{{{{ record_key("{source.name}") }}}}'
    yield meta["date_column"], "date", "event_date"
    if source.has_user:
        yield "user_key", "bigint", '{{ surrogate_key(["user_id"]) }}'
    if source.updated_column:
        yield source.updated_column, "timestamp", source.updated_column
    yield "_landing_date", "date", "landing_date"
    yield "_file_sha256", "varchar", "_file_sha256"
    yield "_row_number", "bigint", "_row_number"
