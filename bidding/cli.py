"""`trading seal | submit | receipt | withdraw`: a bidder's whole way without a browser, on the bidder's own machine.

A sealed bid is a folder: `announcement.json`, `<part>.obj`, `recovery.json`, `envelope.json`, later `receipt.json` and
`proof.txt`. Nothing is encrypted twice: what is uploaded, resumed and submitted is what lies in the folder.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click
import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bidding.client import ApiRefused, SubmissionClient
from bidding.errors import BidTooLate
from bidding.folder import BidFolder, part_sources
from bidding.proof import Mismatch
from bidding.proof.receipt import verify_receipt_proof
from bidding.sealing.announcement import Announcement, reduced_secrecy, verify_announcement
from bidding.sealing.content import IDENTITY_PART
from bidding.sealing.errors import SealingError
from bidding.sealing.keyfile import read_key_file
from bidding.sealing.recovery import read_recovery, write_recovery
from bidding.sealing.sealer import Sealer
from bidding.sealing.submission import Receipt, document_digest, verify_receipt, verify_refusal
from bidding.sealing.submission import withdraw as withdrawal_by
from trading.kernel.canonical import canonical

console = Console(stderr=True)
P = ParamSpec("P")
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
LATE = 3
"""Exit code when the platform refused because the deadline had passed."""


def _plain_refusals(command: Callable[P, None]) -> Callable[P, None]:
    """What goes wrong is one line on the screen, never a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (SealingError, Mismatch) as error:
            shown = " ".join(f"{name}={value}" for name, value in error.params.items())
            raise click.ClickException(f"{error.code} {shown}".strip()) from error
        except ApiRefused as error:
            raise click.ClickException(f"{error.detail} {error.next} ({error.code})") from error
        except httpx.TransportError as error:
            raise click.ClickException(f"the platform does not answer: {error}") from error

    return run


def _given(variable: str, file: Path | None) -> str:
    """A secret from a file or the environment, never from the command line, which every process can read."""
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file else os.environ.get(variable, "")


def _asked(prompt: str, *, confirm: bool = False) -> str:
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))


@contextmanager
def _progress(words: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        bar = bars.add_task(words, total=total)
        yield lambda done: bars.advance(bar, done)


def _read_announcement(source: str) -> Announcement:
    if source.startswith(("http://", "https://")):
        answer = httpx.get(source, timeout=30, follow_redirects=False)
        if not answer.is_success:
            raise click.ClickException(f"{source} answered {answer.status_code}")
        return verify_announcement(answer.content)
    return verify_announcement(Path(source).read_bytes())


@click.command()
@click.option("--announcement", required=True, help="The lot's announcement: a file, or its address.")
@click.option("--parts", type=_FOLDER, required=True, help="One folder a part: price/price.json, technical/…")
@click.option("--identity", type=_FILE, required=True, help="Your key file (PEM).")
@click.option("--certificate", type=_FILE, help="Your certificate, if it is not in the key file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option("--deposit-reference", help="Reference of the bid bond or deposit.")
@click.option("--ack", help="Digest of the last addendum you have seen.")
@click.option("--replaces", type=_FILE, help="Recovery file of the bid that this one replaces (修改).")
@click.option(
    "--passphrase-file", type=_FILE, help="Passphrase of the key file; else TRADING_PASSPHRASE, else asked for."
)
@click.option("--recovery-passphrase-file", type=_FILE, help="For the recovery file; the same by default.")
@_plain_refusals
def seal(
    *,
    announcement: str,
    parts: Path,
    identity: Path,
    certificate: Path | None,
    out: Path,
    deposit_reference: str | None,
    ack: str | None,
    replaces: Path | None,
    passphrase_file: Path | None,
    recovery_passphrase_file: Path | None,
) -> None:
    """Seal a bid on this machine; nothing is sent."""
    announced = _read_announcement(announcement)
    passphrase = _given("TRADING_PASSPHRASE", passphrase_file)
    keys = read_key_file(identity.read_bytes(), passphrase or _asked("Passphrase of the key file"))
    chain = x509.load_pem_x509_certificates(certificate.read_bytes()) if certificate else list(keys.certificates)
    if not chain or not isinstance(keys.key, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise click.ClickException("the key file must hold a signing key and its certificate, or give --certificate")
    secret = _given("TRADING_RECOVERY_PASSPHRASE", recovery_passphrase_file) or passphrase
    secret = secret or _asked("Passphrase for the recovery file", confirm=True)
    before = read_recovery(replaces.read_bytes(), secret) if replaces else None
    if reduced_secrecy(announced.body):
        console.print("保密强度降低 · reduced secrecy: interested parties hold enough seats to open")
    folder = BidFolder.make(out)
    folder.write("announcement.json", announced.raw)
    sealer = Sealer(announced, key=before.signing_key() if before else None, prev=before.envelope if before else None)
    for rule in announced.body.parts:
        if rule.id == IDENTITY_PART:
            continue
        sources, size = part_sources(parts, rule.id)
        if sources or rule.required:
            with _progress(rule.id, size) as progress, folder.object(rule.id) as file:
                sealer.add(rule.id, sources, file, progress=progress)
    extra, _ = part_sources(parts, IDENTITY_PART)
    with folder.object(IDENTITY_PART) as file:
        sealer.add_identity(
            chain[0], keys.key, file, chain=chain[1:], deposit_reference=deposit_reference, sources=extra
        )
    sealed = sealer.finish(ack=ack)
    # The recovery file first: an envelope that exists without it could be submitted but never withdrawn.
    folder.write("recovery.json", write_recovery(sealed.recovery, secret))
    folder.write("envelope.json", sealed.envelope)
    console.print(f"✓ sealed in {out}; keep recovery.json, it alone can replace or withdraw the bid")
    click.echo(sealed.digest)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@click.option(
    "--token-file", type=_FILE, help="Upload token drawn for the lot; else TRADING_UPLOAD_TOKEN, else asked for."
)
@_plain_refusals
def submit(folder: Path, url: str, token_file: Path | None) -> None:
    """Upload and submit a sealed bid; asked again, it goes on where it stopped."""
    bid = BidFolder(folder)
    token = _given("TRADING_UPLOAD_TOKEN", token_file) or _asked("Upload token")
    announced, envelope = bid.announcement(), bid.envelope()
    objects = {entry.id: bid.object_path(entry.id) for entry in envelope.core.parts}
    with SubmissionClient(url, token) as client:
        total = sum(path.stat().st_size for path in objects.values())
        try:
            with _progress("upload", total) as progress:
                client.upload(objects, ann=announced.ann, env=envelope.env, key=envelope.core.key, progress=progress)
        except ApiRefused as refused:
            if refused.code != BidTooLate.code:
                raise
            # Too late to upload: the envelope alone is enough for the platform's signed refusal.
        receipt = _submitted(bid, announced, lambda: client.commit(bid.subject(), envelope.raw), envelope.raw)
    bid.write("receipt.json", receipt[1])
    console.print(f"✓ received at {receipt[0].received_at}; it must stand in the journal by {receipt[0].merge_by}")
    click.echo(receipt[0].entry)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@click.option("--withdrawal", is_flag=True, help="The receipt of the withdrawal, not of the bid.")
@_plain_refusals
def receipt(folder: Path, url: str, withdrawal: bool) -> None:
    """Fetch the proof that a receipt's promise was kept, and check it against the announcement's keys."""
    bid = BidFolder(folder)
    announced = bid.announcement()
    submitted = bid.read("withdrawal.json") if withdrawal else bid.envelope().raw
    prefix = "withdrawal-" if withdrawal else ""
    promised = verify_receipt(bid.read(f"{prefix}receipt.json"), announced, submitted)
    with SubmissionClient(url) as client:
        proof = client.proof(promised.entry)
    if proof is None:
        raise click.ClickException(f"not yet; promised for {promised.merge_by}")
    witnessed = verify_receipt_proof(proof, promised, announced)
    bid.write(f"{prefix}proof.txt", proof.encode())
    console.print(f"✓ signed by the announced receipt key\n✓ in slot {promised.slot}\n✓ in the journal")
    if witnessed.times:
        console.print(f"✓ cosigned by {', '.join(sorted(witnessed.times))}: 已封存 (sealed)")
    else:
        console.print("未见证 (unwitnessed): no witness is announced for this lot")


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@click.option("--recovery-passphrase-file", type=_FILE, help="Else TRADING_RECOVERY_PASSPHRASE, else asked for.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_plain_refusals
def withdraw(folder: Path, url: str, recovery_passphrase_file: Path | None, yes: bool) -> None:
    """Withdraw a submitted bid (撤回); it is never opened then."""
    bid = BidFolder(folder)
    announced = bid.announcement()
    secret = _given("TRADING_RECOVERY_PASSPHRASE", recovery_passphrase_file)
    recovery = read_recovery(bid.read("recovery.json"), secret or _asked("Passphrase of the recovery file"))
    if not yes:
        click.confirm("Withdraw this bid?", abort=True, err=True)
    document = withdrawal_by(recovery.ann, recovery.env, recovery.envelope, recovery.signing_key())
    bid.write("withdrawal.json", document)
    with SubmissionClient(url) as client:
        taken = _submitted(bid, announced, lambda: client.withdraw(bid.subject(), document), document)
    bid.write("withdrawal-receipt.json", taken[1])
    console.print(f"✓ withdrawn at {taken[0].received_at}")
    click.echo(taken[0].entry)


def _submitted(
    bid: BidFolder, announced: Announcement, send: Callable[[], bytes], document: bytes
) -> tuple[Receipt, bytes]:
    """The receipt, checked; a late refusal is kept as the evidence it is."""
    try:
        raw = send()
    except ApiRefused as refused:
        told: Any = refused.body.get("refusal")
        if told is None:
            raise
        signed = canonical(told)
        refusal = verify_refusal(signed, announced)
        bid.write(f"refusal-{document_digest(document)[:12]}.json", signed)
        console.print(f"✗ {refused.detail} {refused.next}\n  refused at {refusal.refused_at} ({refusal.code})")
        sys.exit(LATE)
    return verify_receipt(raw, announced, document), raw
