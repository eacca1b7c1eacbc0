"""Recipes: for each table, a digest of its model's SQL and of the macros and seeds that the SQL uses."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from user_activity.orchestration.dbt.build import PLANS
from user_activity.orchestration.dbt.called_macros import called
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity.settings import Settings

Node = Mapping[str, Any]

SHAPING = ("materialized", "replaces", "meta")
"""The parts of a model's configuration that affect its rows."""

_COMMENTS = re.compile(r"\{#.*?#\}", re.DOTALL)


class Recipes:
    """The models of a parsed project: their recipes and their descendants."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._manifest = manifest
        self._models = {
            f"{node['schema']}.{node['name']}": node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model" and f"{node['schema']}.{node['name']}" not in PLANS
        }
        self._macros: dict[str, str] = {}  # SQL by called name, of all engines together
        for macro in manifest["macros"].values():
            if macro["package_name"] == manifest["metadata"]["project_name"]:
                called = macro["name"].split("__")[-1]
                self._macros[called] = self._macros.get(called, "") + _without_comments(macro["macro_sql"])

    @cached_property
    def digests(self) -> dict[str, str]:
        """Return, by relation, a digest that changes when the model would give other rows from the same input."""
        return {relation: self._digest(node) for relation, node in self._models.items()}

    def is_stored(self, relation: str) -> bool:
        """Return whether the relation is a table; a view has no rows of its own."""
        return bool(self._models[relation]["config"]["materialized"] != "view")

    def exact_date_column(self, relation: str) -> str | None:
        """The column by whose days a table's rows are replaced; None where a run writes other days than it counts."""
        meta = self._models[relation]["config"]["meta"]
        around = any(meta.get(name) for name in ("written_whole", "written_before", "written_after"))
        return str(meta["date_column"]) if meta.get("partitioned") and not around else None

    def with_descendants(self, relations: Iterable[str]) -> list[str]:
        """Return these relations, their descendants, and the seeds that any of them reads, sorted."""
        by_id = {node["unique_id"]: relation for relation, node in self._models.items()}
        waiting = [self._models[relation]["unique_id"] for relation in relations]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [child for child in self._manifest["child_map"][name] if child in by_id]
        seeds = {seed for name in found for seed in self._seeds(self._manifest["nodes"][name])}
        nodes = self._manifest["nodes"]
        return sorted([*(by_id[name] for name in found), *(f"{nodes[s]['schema']}.{nodes[s]['name']}" for s in seeds)])

    def _digest(self, node: Node) -> str:
        text = _without_comments(node["raw_code"])
        parts = [
            text,
            {name: node["config"].get(name) for name in SHAPING},
            [(column["name"], column["data_type"]) for column in node["columns"].values()],
            called(f"{text} {node['config'].get('replaces')}", self._macros),
            [self._manifest["nodes"][seed]["checksum"]["checksum"] for seed in self._seeds(node)],
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def _seeds(self, node: Node) -> list[str]:
        return sorted(name for name in node["depends_on"]["nodes"] if name.startswith("seed."))


def recipes(settings: Settings) -> Recipes:
    """Return the recipes of the current project. Raises :class:`BuildFailed` if dbt cannot parse it."""
    path = ensure_manifest(settings)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, version: int) -> Recipes:  # noqa: ARG001 - part of the cache key
    return Recipes(json.loads(path.read_bytes()))


def _without_comments(text: str) -> str:
    return " ".join(_COMMENTS.sub("", text).split())
