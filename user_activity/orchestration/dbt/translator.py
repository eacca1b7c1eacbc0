"""How dbt's models and tests appear in Dagster."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from user_activity.orchestration.dbt import test_descriptions
from user_activity.orchestration.partitions import event_partitions
from user_activity.settings import Settings


class Translator(DagsterDbtTranslator):
    """How a dbt model appears in Dagster."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_code_references=True))
        self.days = event_partitions(settings)

    def get_partitions_def(self, props: Mapping[str, Any]) -> dg.PartitionsDefinition[str] | None:
        """Return daily partitions by event date if the model's meta says `partitioned`."""
        return self.days if meta_of(props).get("partitioned") else None

    def get_partition_mapping(self, props: Mapping[str, Any], parent: Mapping[str, Any]) -> dg.PartitionMapping | None:
        """Map to all landing dates: any of them may hold rows of an event date."""
        return dg.AllPartitionMapping() if parent["resource_type"] == "source" else None

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """Add the description of the dbt test."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return (
            spec._replace(description=test_descriptions.held(manifest["nodes"][unique_id], manifest)) if spec else None
        )

    def get_group_name(self, props: Mapping[str, Any]) -> str:
        """Return the layer, which is the schema."""
        return str(props["schema"])

    def get_owners(self, props: Mapping[str, Any]) -> Sequence[str]:
        """Return the model's owner, or else its group's."""
        owner = meta_of(props).get("owner")
        return [owner] if owner else super().get_owners(props) or ["team:data-platform"]

    def get_tags(self, props: Mapping[str, Any]) -> Mapping[str, str]:
        """Return dbt's tags, and the layer."""
        return {**super().get_tags(props), "layer": str(props["schema"])}

    def get_metadata(self, props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the columns and the table's name."""
        return {**super().get_metadata(props), "dagster/table_name": relation_of(props)}


def meta_of(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a node's meta, as declared in its .yml file."""
    meta: Mapping[str, Any] = node.get("config", {}).get("meta", {})
    return meta


def relation_of(node: Mapping[str, Any]) -> str:
    """Return a node's table as ``schema.table``."""
    return f"{node['schema']}.{node.get('alias') or node['name']}"
