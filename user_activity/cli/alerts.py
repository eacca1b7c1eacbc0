"""``alert-test``: send a test alert to every configured channel."""

import typer

from user_activity.cli import output
from user_activity.cli.output import Exit, JsonOption, Problem


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command("alert-test")(alert_test)


def alert_test(as_json: JsonOption = False) -> None:
    """Send a test alert to every configured recipient and webhook, and show whether it was accepted.

    Example: user-activity alert-test
    """
    from user_activity.orchestration.alerts.delivery import try_channels
    from user_activity.orchestration.alerts.detect.late import UnknownSource, expected

    settings = output.settings()
    try:
        expected(settings)
    except UnknownSource as error:
        raise Problem(str(error)) from None
    output.hush(verbose=False)
    tried = try_channels(settings)
    if not tried:
        raise Problem(
            "No alert channel is configured: set USER_ACTIVITY_ALERT_EMAIL_TO or USER_ACTIVITY_ALERT_WEBHOOK_URL."
        )
    if as_json:
        output.print_json([{"to": to, "sent": why is None, "problem": why} for to, why in tried.items()])
    else:
        for to, why in tried.items():
            output.answer.print(f"{to}: sent" if why is None else f"{to}: not sent, {why}", markup=False)
    raise typer.Exit(Exit.FINE if not any(tried.values()) else Exit.FAILED)
