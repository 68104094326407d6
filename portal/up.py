"""`trading up`: the whole platform on this machine with a demonstration city, until Ctrl-C; data stays."""

import signal
import threading
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from portal.demo.city import load_city
from portal.demo.people import PASSWORD, PEOPLE
from portal.demo.programs import PASSPHRASE
from portal.demo.secrets import totp_secret
from portal.embedded.home import Home
from portal.platform import EmbeddedPlatform
from trading.kernel.log import configure_log

_STAFF_NOTE = "staff also type the six digits of `trading demo code LOGIN`"


def run_everything(*, host: str, port: int, home: Path | None) -> None:
    """Start, show where everything is, wait, stop in order."""
    configure_log(process="up")
    console = Console()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # a closed terminal stops it in order too
        signal.signal(number, lambda *_: stop.set())
    platform = EmbeddedPlatform(
        Home(home), host=host, port=port, say=lambda text: console.print(f"  {text}"), workers=2
    )
    console.print("[bold]公共资源交易平台[/bold] starting")
    try:
        platform.start()
        load_city(platform, say=lambda text: console.print(f"  {text}"))
        _introduce(console, platform)
        while not stop.wait(1.0):
            for child in platform.dead():
                console.print(f"[red]{child.name} has stopped; see {child.log}[/red]")
                return
    finally:
        # The terminal may be gone; that must not keep anything from being stopped.
        with suppress(OSError):
            console.print("stopping …")
        platform.stop()
        with suppress(OSError):
            console.print("stopped; the data is kept for the next start")


def _introduce(console: Console, platform: EmbeddedPlatform) -> None:
    places = Table(title="Addresses", show_header=False)
    places.add_row("public site and sign-in", platform.base_url)
    for seat, address in platform.trustees.items():
        places.add_row(f"trustee's own page ({seat})", address)
    places.add_row("gateway (calls and messages to telephones)", platform.gateway)
    places.add_row("witness", platform.settings.journal.witness_urls[0])
    places.add_row("demonstration bank (pay deposits, report them)", platform.bank)
    places.add_row("data and logs", str(platform.home.root))
    places.add_row("passphrase of key files and trustees", PASSPHRASE)
    places.add_row("key files of the bidders", str(platform.folder("people")))
    console.print(places)
    people = Table(title=f"Demonstration logins – password {PASSWORD} – {_STAFF_NOTE}")
    for column in ("login", "person", "roles", "code secret (TOTP)"):
        people.add_column(column)
    for person in PEOPLE:
        people.add_row(person.login, person.name, ", ".join(person.roles), totp_secret(person) or "–")
    console.print(people)
    console.print("Ctrl-C stops everything.")
