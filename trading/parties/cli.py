"""`trading keys`: a person's own key file and certificate, made on his own machine; the private key never leaves it."""

import os
from pathlib import Path
from typing import Any
from unicodedata import normalize

import click
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console
from rich.table import Table

from trading.kernel.clock import rfc3339
from trading.kernel.keyfile import KeyFileRefused, read_key, write_key
from trading.parties.certificates import CertificateFacts, possession_message, read_certificate, verify_chain
from trading.parties.errors import CertificateRefused

SHORTEST_PASSPHRASE = 10
_BEGIN = "-----BEGIN CERTIFICATE-----"
_REASONS = {
    "keyfile.format": "not a key file",
    "keyfile.rounds": "protected too weakly: fewer than 600,000 rounds",
    "keyfile.passphrase": "wrong passphrase",
}
_passphrase_file = click.option(
    "--passphrase-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Else it is asked for."
)


@click.group()
def keys() -> None:
    """Make and show your own key file."""


@keys.command()
@click.option("--server", required=True, help="Address of the platform, for instance https://trading.example.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="A token with the scope `certificates`, from your account page.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("key.pem"), show_default=True)
@_passphrase_file
def new(server: str, token_file: Path, out: Path, passphrase_file: Path | None) -> None:
    """Make a key, have it certified, keep both in one protected file."""
    if out.exists():
        raise click.ClickException(f"{out} exists; keys are never overwritten")
    passphrase = _passphrase(passphrase_file, confirm=True)
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise click.ClickException(f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters")
    key = Ed25519PrivateKey.generate()
    locked = write_key(key, passphrase)
    headers = {"authorization": f"Bearer {token_file.read_text().strip()}"}
    try:
        with httpx.Client(base_url=server, headers=headers, timeout=30) as client:
            pem = _certify(client, key)
    except httpx.HTTPError as error:
        raise click.ClickException(f"{server} cannot be reached: {error}") from error
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(locked + pem.encode())
        file.flush()
        os.fsync(file.fileno())
    click.echo(f"{out} holds your key and its certificate. Keep a second copy; nobody can bring it back.")
    _print(read_certificate(pem))


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Also open the key and see that the certificate is its own.")
@_passphrase_file
def show(file: Path, check: bool, passphrase_file: Path | None) -> None:
    """Show what a key file's certificate says."""
    text = file.read_text()
    pem = text[text.find(_BEGIN) :] if _BEGIN in text else ""
    facts = None
    if pem:
        try:
            facts = read_certificate(pem)
        except CertificateRefused as error:
            raise click.ClickException(f"the certificate cannot be read ({error.reason})") from error
        _print(facts)
    else:
        click.echo("no certificate in this file")
    if check or passphrase_file:
        try:
            key = read_key(text.encode(), _passphrase(passphrase_file))
        except KeyFileRefused as error:
            raise click.ClickException(_REASONS.get(error.code, error.code)) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise click.ClickException("not an Ed25519 key")
        if facts and facts.public_key != _raw(key):
            raise click.ClickException("the certificate is another key's")
        click.echo(f"the key opens: {_raw(key).hex()}")


def _passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """NFC, so that one passphrase typed on two systems is one passphrase."""
    if file:
        return normalize("NFC", file.read_text().rstrip("\r\n"))
    return normalize("NFC", click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))


def _raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _certify(client: httpx.Client, key: Ed25519PrivateKey) -> str:
    """The certificate, after looking at it: it must be this key's and hold against the CA that came with it."""
    membership = _answer(client.get("/v1/me"))["membership_id"]
    proof = key.sign(possession_message(str(membership), _raw(key)))
    request = {"public_key": _raw(key).hex(), "possession": proof.hex()}
    issued = _answer(client.post("/v1/certificates", json=request))
    pem = str(issued["pem"])
    try:
        facts = verify_chain(pem, str(issued["ca"]), read_certificate(pem).not_before)
    except CertificateRefused as error:
        raise click.ClickException(f"the platform answered with a bad certificate ({error.reason})") from error
    if facts.public_key != _raw(key):
        raise click.ClickException("the platform answered with a certificate of another key")
    return pem


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = response.json()
    except ValueError as error:
        raise click.ClickException(f"{response.url} answered {response.status_code}, not JSON") from error
    if response.is_error:
        raise click.ClickException(f"{body.get('detail', response.status_code)} {body.get('next', '')}".strip())
    return body


def _print(facts: CertificateFacts) -> None:
    table = Table(show_header=False, box=None)
    rows = {
        "name": facts.name,
        "organisation": facts.organisation,
        "unified code": facts.uscc,
        "public key": facts.public_key.hex(),
        "serial": facts.serial,
        "fingerprint": facts.fingerprint,
        "valid from": rfc3339(facts.not_before),
        "valid until": rfc3339(facts.not_after),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console(soft_wrap=True).print(table)
