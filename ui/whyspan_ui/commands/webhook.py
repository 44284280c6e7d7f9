"""`whyspan webhook test`: sends one signed message, to see that the receiver takes it."""

import argparse
import time
from typing import Any, Final

from whyspan_analysis.webhook import Webhook
from whyspan_ui import terminal
from whyspan_ui.commands import access
from whyspan_ui.errors import UsageError

EXAMPLES: Final = (
    "WHYSPAN_WEBHOOK_URL=https://hooks.example/x WHYSPAN_WEBHOOK_SECRET=$(cat secret) whyspan webhook test",
    "whyspan webhook test    # with both in the environment; recipes: docs/webhook.md",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    parser.add_argument("action", choices=("test",), help="send one message now")
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Sends it. Exit status 2 when it is not taken."""
    settings = access.config(options)
    if not (settings.webhook_url and settings.webhook_secret):
        raise UsageError("there is no webhook; set WHYSPAN_WEBHOOK_URL and WHYSPAN_WEBHOOK_SECRET (docs/webhook.md)")
    webhook = Webhook(settings.webhook_url, settings.webhook_secret.get_secret_value(), settings.data)
    message: dict[str, Any] = {
        "schema": "whyspan.message/1",
        "key": "test",
        "kind": "test",
        "text": "This is a test of the Whyspan webhook.",
        "incident": None,
        "run_ids": [],
        "urls": [],
        "agent": None,
    }
    if (trouble := webhook.send(message, time.time())) is not None:
        raise UsageError(f"the webhook did not take the message: {trouble}")
    terminal.err.print("The webhook took the message.")
    return 0
