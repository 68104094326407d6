"""`trading`: one command for people who run the platform, and for those who do not trust it (`seal`, `verify`).

Sub-commands are imported when called, so that `trading verify` needs neither database nor server libraries.
"""

import sys
from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("portal.cli.run", "Start everything on this machine: servers, web, worker, relay, witness, trustees."),
    "serve": ("portal.cli.run", "Serve the web pages and the API."),
    "worker": ("portal.cli.run", "Do background tasks."),
    "relay": ("portal.cli.run", "Hand on events, fire timers, seal slots, sequence the journal."),
    "migrate": ("portal.cli.run", "Bring the database to the newest version."),
    "store": ("portal.cli.store", "Run the S3 store of a deployment on one machine."),
    "objects": ("portal.cli.objects", "Copy the store's objects into a folder, and back."),
    "healthy": ("portal.cli.healthy", "Tell by the exit status whether the process of this container is well."),
    "platform-keys": ("portal.cli.founding", "Make the platform's key files that are missing."),
    "renew-key": ("portal.cli.founding", "Make another key for exports or the seal."),
    "new-passphrase": ("portal.cli.founding", "Protect the platform's key files by another passphrase."),
    "first-admin": ("portal.cli.founding", "Enrol the first administrator."),
    "check": ("portal.cli.run", "Check that this machine has what the platform needs."),
    "demo": ("portal.cli.demo", "Demonstrations, and the demonstration clock."),
    "keys": ("trading.parties.cli", "Make and show your own key file."),
    "seal": ("bidding.cli", "Seal a bid on this machine."),
    "submit": ("bidding.cli", "Upload and submit a sealed bid."),
    "receipt": ("bidding.cli", "Fetch and check the proof of a receipt."),
    "withdraw": ("bidding.cli", "Withdraw a submitted bid."),
    "trustee": ("bidding.trustee.cli", "Run a trustee's program with its page on this machine."),
    "draw": ("experts.cli", "Commit to and reveal a party's number in a draw."),
    "ocds": ("notices.ocds.cli", "Fetch the open data of a project, or of all."),
    "gateway": ("portal.cli.gateway", "Run a local gateway for calls and messages."),
    "bank": ("portal.cli.bank", "Run a demonstration bank with its page on this machine."),
    "witness": ("portal.cli.witness", "Run a witness of the journal."),
    "archive": ("archive.cli", "Read sealed packages again."),
    "verify": ("portal.cli.verify", "Check evidence or a receipt, offline."),
}


class LazyGroup(click.Group):
    """Knows every command's name and help, imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trading-platform")
def trading() -> None:
    """公共资源交易平台 · public resource trading platform."""


def main() -> None:
    """Console entry point."""
    sys.exit(trading(standalone_mode=True))
