"""Why something failed: the innermost error message."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import dagster as dg

from user_activity.orchestration.instance.private_names import SerializableErrorInfo

SILENT = "no message says why"
FAILED_ASSETS = "failed_assets"  # failure metadata: the assets that the step could not build


def not_built(reasons: Mapping[str, str], assets: Sequence[dg.AssetKey]) -> dg.Failure:
    """Return the failure of a step that could not build some models; ``reasons`` are by relation."""
    causes = [f"{relation}: {reason}" for relation, reason in reasons.items()]
    head = [f"{len(causes)} models could not be built: {', '.join(reasons)}"] if len(causes) > 1 else []
    names = [asset.to_user_string() for asset in assets]
    return dg.Failure("\n".join([*head, *causes]), metadata={FAILED_ASSETS: names}, allow_retries=False)


def cause(event: dg.DagsterEvent) -> str:
    """Return the innermost message of a step or run failure: the one that names the file, row or model."""
    data = event.event_specific_data
    told = getattr(data, "user_failure_data", None)
    error = getattr(data, "error", None)
    return (told.description if told else None) or (innermost(error) if error else event.message or SILENT)


def failed_assets(event: dg.DagsterEvent) -> list[dg.AssetKey]:
    """Return the assets that a failed step names as not built; empty if it names none."""
    told = event.step_failure_data.user_failure_data
    names = told.metadata.get(FAILED_ASSETS) if told else None
    return [dg.AssetKey.from_user_string(str(name)) for name in cast("list[Any]", names.value)] if names else []


def innermost(error: SerializableErrorInfo | None) -> str:
    """Return the innermost message of an error."""
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else SILENT
