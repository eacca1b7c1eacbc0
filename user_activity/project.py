"""The location of the dbt project and of Dagster's configuration, in a checkout or an installed package."""

from pathlib import Path

PACKAGED = Path(__file__).parent / "project_files"  # the wheel contains them, see pyproject.toml
INSTALLED = PACKAGED.is_dir()
ROOT = PACKAGED if INSTALLED else Path(__file__).parents[1]
