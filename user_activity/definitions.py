"""What `dagster dev`, the webserver and the daemon load.

files, APIs ──▶ landing ──▶ raw ──▶ staging ▶ intermediate ▶ marts ▶ metrics ──▶ published
sensors     └▶ audit ──▲ touched dates ▲
"""

import dagster as dg

from user_activity.orchestration.assembly import assemble
from user_activity.settings import get_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset, check, job, sensor and schedule, shaped by the settings."""
    return assemble(get_settings())
