"""Environment variables that look like settings but are unknown. Pydantic ignores them without a warning."""

from difflib import get_close_matches

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from user_activity.database_settings import is_database_variable, nearest_variable
from user_activity.settings import Settings

#: Set by the platform for dbt, or by docker-compose.yml for the image.
_NO_SETTINGS = {
    *("dates", "run_id", "other_run_ids", "duckdb_path", "lake_dir", "funnels_digest", "rates_digest"),
    *("database", "database_host", "database_port", "database_user", "version"),
}
#: A former setting per source, now part of FIELD_MAPS.
_OLD_FIELD_MAP = "_field_map"


def misspelt_settings() -> dict[str, str]:
    """Unknown variables of the environment and of ``.env``, each with the most similar setting or its replacement."""
    prefix = str(Settings.model_config["env_prefix"]).lower()
    given = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    names = {name.removeprefix(prefix) for name in given if name.startswith(prefix)}
    unknown = sorted(name for name in names - {*Settings.model_fields, *_NO_SETTINGS} if not is_database_variable(name))
    return {f"{prefix}{name}".upper(): f"{prefix.upper()}{_nearest(name)}" for name in unknown}


def _nearest(name: str) -> str:
    source, is_old, _ = name.partition(_OLD_FIELD_MAP)
    if is_old:
        return f'FIELD_MAPS={{"{source}": {{…}}}}'
    if about_database := nearest_variable(name):
        return about_database.upper()
    return get_close_matches(name, Settings.model_fields, 1, cutoff=0)[0].upper()
