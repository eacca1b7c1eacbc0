"""Why something failed, in the words of whoever knows best."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import dagster as dg

from user_activity.orchestration.instance.private_names import SerializableErrorInfo

SILENT = "no message says why"
FAILED_ASSETS = "failed_assets"  # metadata of a failure: which of a step's assets could not be made


def not_built(reasons: Mapping[str, str], assets: Sequence[dg.AssetKey]) -> dg.Failure:
    """The failure of a step that could not build some models: why, by relation, and what they are as assets."""
    causes = [f"{relation}: {reason}" for relation, reason in reasons.items()]
    head = [f"{len(causes)} models could not be built: {', '.join(reasons)}"] if len(causes) > 1 else []
    names = [asset.to_user_string() for asset in assets]
    return dg.Failure("\n".join([*head, *causes]), metadata={FAILED_ASSETS: names}, allow_retries=False)


def cause(event: dg.DagsterEvent) -> str:
    """The innermost message of a failure, of a step or of a run: the one that names file, row or model."""
    data = event.event_specific_data
    told = getattr(data, "user_failure_data", None)
    error = getattr(data, "error", None)
    return (told.description if told else None) or (innermost(error) if error else event.message or SILENT)


def failed_assets(event: dg.DagsterEvent) -> list[dg.AssetKey]:
    """The assets that a step names as those it could not make; none where it names none."""
    told = event.step_failure_data.user_failure_data
    names = told.metadata.get(FAILED_ASSETS) if told else None
    return [dg.AssetKey.from_user_string(str(name)) for name in cast("list[Any]", names.value)] if names else []


def innermost(error: SerializableErrorInfo | None) -> str:
    """The innermost message of an error."""
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else SILENT
