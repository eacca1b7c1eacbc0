"""The owners of the assets that an incident concerns."""

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
class Owners:
    """The owners of assets, as declared in the definitions."""

    repository: dg.RepositoryDefinition | None

    def of(self, keys: Iterable[dg.AssetKey]) -> tuple[str, ...]:
        """Return the owners of these assets, sorted."""
        if self.repository is None:
            return ()
        graph = self.repository.asset_graph
        return tuple(sorted({owner for key in keys if graph.has(key) for owner in graph.get(key).owners}))

    def of_step(self, step: str, selected: Iterable[dg.AssetKey] | None) -> tuple[str, ...]:
        """Return the owners of the assets that a step builds, limited to the run's selection if it has one."""
        if self.repository is None:
            return ()
        for assets in self.repository.asset_graph.assets_defs:
            if assets.is_executable and assets.keys and assets.node_def.name == step:
                return self.of(assets.keys & set(selected or assets.keys))
        return ()
