"""What no alert and no audit table may say."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from user_activity.database_settings import Database
from user_activity.orchestration.masking import masked
from user_activity.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        smtp_password=SecretStr("p@ss word"),
        warehouse_url=SecretStr("postgresql://me:s3cret@db.example/user_activity"),
        databases={"orders": Database(url=SecretStr("mysql://me:d4t4b4se@db.example/shop"), table="orders")},
        alert_webhook_url=SecretStr("https://hooks.example/services/T0/B0/XyZ?thread=1"),
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("login with p@ss word or p%40ss%20word", "login with *** or ***"),
        (
            "postgresql://me:s3cret@db.example/user_activity is down",
            "postgresql://me:***@db.example/user_activity is down",
        ),
        ("password s3cret, database user_activity", "password ***, database user_activity"),
        ("access denied for me (d4t4b4se)", "access denied for me (***)"),
        ("POST /services/T0/B0/XyZ to hooks.example", "POST /*** to hooks.example"),
        ("mysql://root:toor@db/x", "mysql://root:***@db/x"),
        ("https://shop/api?page=2&api_key=abc&key=d&size=3", "https://shop/api?page=2&api_key=***&key=***&size=3"),
        ('{"password": "abc def", "event_key": "e1"}', '{"password": ***, "event_key": "e1"}'),
        ("AWS_SECRET_ACCESS_KEY=abc/def+g region=eu", "AWS_SECRET_ACCESS_KEY=*** region=eu"),
        ("Authorization: Bearer eyJhbGciOi.J9", "Authorization: Bearer ***"),
        ("the key: e9, the design: good, 3 tokens", "the key: e9, the design: good, 3 tokens"),
    ],
)
def test_secrets_are_taken_out_and_the_rest_stays(said: str, shown: str, settings: Settings) -> None:
    assert masked(said, settings) == shown
