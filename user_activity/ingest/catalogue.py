"""Placeholder while the HTTP reader is being written."""
from datetime import date
from pathlib import Path
from user_activity.settings import Settings
class CatalogueUnreadable(Exception):
    pass
def fetch_products(settings: Settings, landing_date: date) -> Path | None:
    return None
