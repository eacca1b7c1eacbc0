"""Where the project's files are: the dbt project and Dagster's configuration, in a checkout or an installed package."""

from pathlib import Path

PACKAGED = Path(__file__).parent / "project_files"  # the wheel puts them here, see pyproject.toml
INSTALLED = PACKAGED.is_dir()
ROOT = PACKAGED if INSTALLED else Path(__file__).parents[1]
