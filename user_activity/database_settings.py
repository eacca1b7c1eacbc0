"""A source's database: the values that say where its rows are, and the variables that set them one by one."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

_DURATION = re.compile(r"(\d+)\s*(second|minute|hour|day|week)s?", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://.*", re.DOTALL)


def _overlap(value: Any) -> Any:
    if isinstance(value, int | timedelta) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.isascii() and text.isdecimal():
        return int(text)
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("must be a time like 1 hour, 30 minutes or 2 days, or for a number as cursor a number")
    return timedelta(**{f"{found[2].lower()}s": int(found[1])})


def _address(value: Any) -> Any:
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an address like postgresql://user:password@host:5432/name")
    return value


class Database(BaseModel):
    """The database of one source, and what is read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[SecretStr, BeforeValidator(_address)]
    """SQLAlchemy's address of the database, with its password."""
    table: Annotated[str, Field(min_length=1)] | None = None
    """The table or view, with or without its schema."""
    query: Annotated[str, Field(min_length=1)] | None = None
    """A ``select`` statement instead of a table."""
    cursor: Annotated[str, Field(min_length=1)] | None = None
    """The column that grows with every new or changed row; unset, every extract reads all rows."""
    overlap: Annotated[timedelta | int | None, BeforeValidator(_overlap)] = None
    """How far before the last value the next extract begins; unset: an hour, a day of dates, 1000 of numbers."""
    chunk_rows: Annotated[int, Field(ge=1)] = 50_000
    """The most rows of one landed file."""

    @model_validator(mode="after")
    def _table_or_query(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("needs a table or a query, and not both")
        return self


_VARIABLE = re.compile(rf"(\w+?)_database_({'|'.join(Database.model_fields)})")


def database_variable(place: Sequence[int | str]) -> str | None:
    """The variable for a source and one of its values, ``*`` for all its values; None for no source."""
    source, value = [*place, "", ""][:2]
    if not source:
        return None
    return f"USER_ACTIVITY_{source}_DATABASE_{value or '*'}".upper()


def is_database_variable(name: str) -> bool:
    """Whether a variable (in lower case, without the prefix) sets a value of a source's database."""
    return _VARIABLE.fullmatch(name) is not None


def nearest_variable(name: str) -> str | None:
    """The most similar variable of a source's database; None if the name is about no database."""
    source, about, value = name.rpartition("_database_")
    return f"{source}{about}{get_close_matches(value, Database.model_fields, 1, cutoff=0)[0]}" if source else None


class DatabaseVariables(PydanticBaseSettingsSource):
    """Reads ``USER_ACTIVITY_<SOURCE>_DATABASE_<VALUE>`` of the environment or of ``.env`` into the setting."""

    def __init__(self, settings: type[BaseSettings], variables: PydanticBaseSettingsSource) -> None:
        super().__init__(settings)
        given = variables.env_vars if isinstance(variables, EnvSettingsSource) else {}
        self._given: Mapping[str, str | None] = given

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {}
        prefix = str(self.config.get("env_prefix", "")).lower()
        for name, value in self._given.items():
            matched = _VARIABLE.fullmatch(name.removeprefix(prefix)) if name.startswith(prefix) else None
            if matched and value:
                found.setdefault(matched[1], {})[matched[2]] = value
        return {"databases": found} if found else {}


class WithDatabaseVariables(BaseSettings):
    """Settings whose ``databases`` are also read from one variable per value. A variable wins over the JSON object."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the variables of each place just before its JSON object."""
        environment = DatabaseVariables(settings_cls, env_settings), env_settings
        file = DatabaseVariables(settings_cls, dotenv_settings), dotenv_settings
        return init_settings, *environment, *file, file_secret_settings
