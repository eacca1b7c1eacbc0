"""Where in the data folder everything is."""

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr


class Folders:
    """The folders of an instance, by its settings."""

    if TYPE_CHECKING:  # as annotations of the class, they would come first in the list of settings
        data_dir: Path
        warehouse: str
        warehouse_url: "SecretStr | None"

    @property
    def incoming_dir(self) -> Path:
        """The folder for new files: ``incoming/<source>/[<date>/]<file>``."""
        return self.data_dir / "incoming"

    @property
    def archive_dir(self) -> Path:
        """The folder to which original files are moved after they are ingested."""
        return self.data_dir / "archive"

    @property
    def lake_dir(self) -> Path:
        """The raw layer: Parquet parts, quarantine and manifests by landing date."""
        return self.data_dir / "lake"

    @property
    def warehouse_dir(self) -> Path:
        """The folder of the embedded warehouse file, or of a server's local state."""
        folder = self.data_dir / "warehouse"
        if self.warehouse == "duckdb" or self.warehouse_url is None:
            return folder
        place = re.sub(r"^.*@|^.*//|\?.*$", "", self.warehouse_url.get_secret_value())
        return folder / f"{self.warehouse}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"

    @property
    def published_dir(self) -> Path:
        """Marts and metrics as Parquet, for readers that must not be blocked while the warehouse is written."""
        return self.data_dir / "published"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance: runs, events, sensor cursors."""
        return self.data_dir / "dagster"

    @property
    def alerts_dir(self) -> Path:
        """The state of alerts: incidents already sent, and those still to be sent."""
        return self.data_dir / "alerts"

    @property
    def dbt_dir(self) -> Path:
        """dbt's output: compiled models, results, logs."""
        return self.data_dir / "dbt"
