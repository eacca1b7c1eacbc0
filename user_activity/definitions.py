"""What `dagster dev`, the webserver and the daemon load.

files, APIs ──▶ landing ──▶ raw ──▶ staging ▶ intermediate ▶ marts ▶ metrics ──▶ published
sensors     └▶ audit ──▲ touched dates ▲
"""

import logging

import dagster as dg

from user_activity.files import create_without
from user_activity.misspelt_settings import misspelt_settings
from user_activity.orchestration.assembly import assemble
from user_activity.settings import get_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset, check, job, sensor and schedule, shaped by the settings."""
    for name, nearest in misspelt_settings().items():
        logging.getLogger(__name__).warning("%s is no setting and is ignored. Do you mean %s?", name, nearest)
    settings = get_settings()
    create_without(settings.umask)
    return assemble(settings)
