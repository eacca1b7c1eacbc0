"""What a person who writes a ``.env`` relies on."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from user_activity.misspelt_settings import misspelt_settings
from user_activity.settings import Settings, get_settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _a_folder_without_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"USER_ACTIVITY_{name.upper()}", raising=False)


def test_a_misspelt_variable_is_known_with_the_nearest_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("USER_ACTIVITY_TIMEZON", "Europe/Berlin")
    monkeypatch.setenv("USER_ACTIVITY_DATES", "set by the platform for dbt")
    (tmp_path / ".env").write_text("USER_ACTIVITY_EVENT_TYPE=view\nOTHER=1\nUSER_ACTIVITY_WEEK_START=sunday\n")
    assert misspelt_settings() == {
        "USER_ACTIVITY_EVENT_TYPE": "USER_ACTIVITY_EVENT_TYPES",
        "USER_ACTIVITY_TIMEZON": "USER_ACTIVITY_TIMEZONE",
    }


def env_example() -> str:
    """Every setting with its sentence and its default."""
    lines = [
        "# Every setting and its default. Copy this file to .env and change what you need; environment variables win."
    ]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}", f"# USER_ACTIVITY_{name.upper()}={_written(field.default)}"]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return json.dumps(value)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_env_example_lists_every_setting_as_it_is() -> None:
    assert (ROOT / ".env.example").read_text() == env_example()


def test_every_setting_has_a_sentence() -> None:
    sentences = {name: field.description or "" for name, field in Settings.model_fields.items()}
    assert not [name for name, sentence in sentences.items() if not sentence.endswith(".")]


def test_the_example_means_the_defaults(tmp_path: Path) -> None:
    settings = [line.removeprefix("# ") for line in env_example().splitlines() if line.startswith("# USER_ACTIVITY_")]
    (tmp_path / ".env").write_text("\n".join(line for line in settings if not line.endswith("=")))
    assert get_settings() == Settings(_env_file=None)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("USER_ACTIVITY_START_DATE=2024-01-01\nUSER_ACTIVITY_TIMEZONE=Europe/Berlin\n")
    monkeypatch.setenv("USER_ACTIVITY_START_DATE", "2024-06-01")
    assert get_settings().start_date == date(2024, 6, 1)
    assert get_settings().timezone == "Europe/Berlin"


def test_settings_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_settings()
    monkeypatch.setenv("USER_ACTIVITY_WEEK_START", "sunday")
    assert (before.week_start, get_settings().week_start) == ("monday", "sunday")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_EVENT_TYPES", " View, cart ,,Purchase,view")
    assert get_settings().event_types == ("View", "cart", "purchase")


def test_field_maps_are_json_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = {"events": {"user_id": "visitor.id", "currency": {"const": "EUR"}}, "users": {"name": "nick"}}
    monkeypatch.setenv("USER_ACTIVITY_FIELD_MAPS", json.dumps(maps))
    assert {source: list(said.columns) for source, said in get_settings().field_maps.items()} == {
        "events": ["user_id", "currency"],
        "users": ["name"],
    }


def test_a_source_s_own_field_map_is_told_what_has_replaced_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_EVENTS_FIELD_MAP", '{"user_id": "visitor.id"}')
    assert misspelt_settings() == {
        "USER_ACTIVITY_EVENTS_FIELD_MAP": 'USER_ACTIVITY_FIELD_MAPS={"events": {…}}',
    }


def test_a_source_s_database_is_set_by_variables_or_as_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "USER_ACTIVITY_ORDERS_DATABASE_URL=postgresql://me:secret@file/shop\nUSER_ACTIVITY_ORDERS_DATABASE_TABLE=orders\n"
    )
    given = {
        "orders": {"url": "sqlite:///json", "overlap": "2 days"},
        "my_visits": {"url": "sqlite:///x", "table": "v"},
    }
    monkeypatch.setenv("USER_ACTIVITY_DATABASES", json.dumps(given))
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_CURSOR", "id")
    monkeypatch.setenv("USER_ACTIVITY_MY_VISITS_DATABASE_OVERLAP", "500")
    found = get_settings().databases
    assert {source: database.url.get_secret_value() for source, database in found.items()} == {
        "orders": "sqlite:///json",  # the environment wins over the file
        "my_visits": "sqlite:///x",
    }
    orders = found["orders"]
    assert (orders.table, orders.cursor, orders.overlap) == ("orders", "id", timedelta(days=2))
    assert found["my_visits"].overlap == 500
    assert misspelt_settings() == {}


def test_a_misspelt_variable_of_a_database_is_told_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_CURSER", "id")
    monkeypatch.setenv("USER_ACTIVITY_DATABASE_PORT", "set for the image")
    assert misspelt_settings() == {"USER_ACTIVITY_ORDERS_DATABASE_CURSER": "USER_ACTIVITY_ORDERS_DATABASE_CURSOR"}


@pytest.mark.parametrize("value", ["not an address", '{"url": "Pw-canary"}'])
def test_a_wrong_database_is_refused_without_its_password(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_ORDERS_DATABASE_URL", f"{value} Pw-canary")
    monkeypatch.setenv("USER_ACTIVITY_EVENTS_DATABASE_URL", "sqlite://Pw-canary@x/")
    with pytest.raises(ValidationError) as refused:
        get_settings()
    assert "databases.orders.url" in str(refused.value)
    assert "Pw-canary" not in str(refused.value)


def test_everything_written_lies_below_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_DATA_DIR", "elsewhere")
    settings = get_settings()
    folders = {name: getattr(settings, name) for name in dir(type(settings)) if name.endswith(("_dir", "_home"))}
    assert len(folders) > 6
    assert all(folder.is_relative_to(tmp_path / "elsewhere") for folder in folders.values())


def test_a_warehouse_address_is_not_shown() -> None:
    settings = Settings(_env_file=None, warehouse_url=SecretStr("postgresql://me:secret@host/db"))
    assert "secret@" not in repr(settings)


def test_addresses_keep_their_names_and_survive_being_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    named = 'ops@example.org, Jörg Müller <jm@example.org>,"Doe, J" <j@d.org>'
    monkeypatch.setenv("USER_ACTIVITY_ALERT_EMAIL_TO", named)
    monkeypatch.setenv("USER_ACTIVITY_ALERT_OWNERS", '{"team:crm": "a@b.org, c@d.org", "team:analytics": ["e@f.org"]}')
    settings = get_settings()
    assert settings.alert_email_to == ("ops@example.org", '"Jörg Müller" <jm@example.org>', '"Doe, J" <j@d.org>')
    assert settings.alert_owners == {"team:crm": ("a@b.org", "c@d.org"), "team:analytics": ("e@f.org",)}
    assert Settings.model_validate_json(settings.model_dump_json()).alert_email_to == settings.alert_email_to


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timezone", "Mars/Olympus"),
        ("week_start", "friday"),
        ("default_currency", "dollars"),
        ("start_date", "soon"),
        ("event_types", " , "),
        ("session_timeout_minutes", "0"),
        ("own_hosts", "https://shop.example/"),
        ("unwanted_referrals", "pay.example, (x|y)"),
        ("attribution_window_days", "0"),
        ("field_maps", "not json"),
        ("field_maps", '{"user_id": "visitor.id"}'),
        ("field_maps", '{"events": {"currency": {"value": "EUR"}}}'),
        ("alert_email_to", "the whole team"),
        ("alert_email_from", "a@example.org, b@example.org"),
        ("alert_owners", '{"team:analytics": "nobody"}'),
        ("late_after", "noonish"),
        ("ui_url", "localhost:3000"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"USER_ACTIVITY_{name.upper()}", value)
    with pytest.raises((ValidationError, ValueError), match=name):
        get_settings()
