"""Commands for a deployment's founding: the platform's key files and their renewal, and the first administrator.

Everybody after the first administrator is brought in on the pages, by people who are known.
"""

import asyncio
from pathlib import Path

import click

from trading.kernel.identity import system_actor


@click.command("platform-keys")
@click.option("--folder", envvar="TRADING_KEYS_DIR", type=click.Path(path_type=Path), required=True)
@click.option("--passphrase", envvar="TRADING_KEYS_PASSPHRASE", required=True)
def platform_keys(folder: Path, passphrase: str) -> None:
    """Make the platform's key files that are missing, and show every public key."""
    from trading.kernel.signing import PlatformKeys, make_keys  # noqa: PLC0415

    make_keys(folder, passphrase)
    for purpose, public in PlatformKeys.load(folder, passphrase).public_keys().items():
        click.echo(f"{purpose} {public}")


@click.command("renew-key")
@click.argument("purpose", type=click.Choice(["export", "seal"]))
@click.option("--folder", envvar="TRADING_KEYS_DIR", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--passphrase", envvar="TRADING_KEYS_PASSPHRASE", required=True)
def renew_key(purpose: str, folder: Path, passphrase: str) -> None:
    """Make another key for a purpose; the old file is kept beside it."""
    from trading.kernel import renewal  # noqa: PLC0415

    click.echo(f"renewed; the old key is in {renewal.renew_key(folder, purpose, passphrase)}")


@click.command("new-passphrase")
@click.option("--folder", envvar="TRADING_KEYS_DIR", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--passphrase", envvar="TRADING_KEYS_PASSPHRASE", required=True)
@click.option("--new", envvar="NEW_KEYS_PASSPHRASE", required=True)
def new_passphrase(folder: Path, passphrase: str, new: str) -> None:
    """Protect every key file of the platform by another passphrase."""
    from trading.kernel.renewal import change_passphrase  # noqa: PLC0415

    change_passphrase(folder, passphrase, new)
    click.echo("every key file is under the new passphrase")


@click.command("first-admin")
@click.option("--url", envvar="TRADING_DATABASE_URL", required=True, help="Database address of trading_app.")
@click.option("--organisation", required=True, help="Name of the organisation that runs the platform.")
@click.option("--uscc", required=True, help="Its 统一社会信用代码.")
@click.option("--name", required=True, help="The administrator's name.")
@click.option("--login", required=True)
@click.option(
    "--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Else it is asked for."
)
def first_admin(*, url: str, organisation: str, uscc: str, name: str, login: str, password_file: Path | None) -> None:
    """Enrol the first administrator; refused once there is one."""
    if password_file:
        password = password_file.read_text(encoding="utf-8").strip()
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    secret = asyncio.run(_enrol(url, organisation=organisation, uscc=uscc, name=name, login=login, password=password))
    click.echo(f"{login} may sign in; the second factor (TOTP), shown once: {secret}")


async def _enrol(url: str, *, organisation: str, uscc: str, name: str, login: str, password: str) -> str | None:
    from trading.kernel.db import Database  # noqa: PLC0415
    from trading.kernel.errors import Invalid  # noqa: PLC0415
    from trading.kernel.locks import lock  # noqa: PLC0415
    from trading.parties import reads, services  # noqa: PLC0415

    database, actor = Database(url, pool_size=1), system_actor("setup")
    try:
        async with database.transaction() as session:
            await lock(session, "first-admin")
            if await reads.people_of_role(session, "admin"):
                raise click.ClickException("there is an administrator already, who brings in everybody else")
            ours = await services.register_organisation(session, actor, uscc=uscc, name=organisation, kind="centre")
            enrolled = await services.enrol(
                session,
                actor,
                organisation=ours.id,
                person=name,
                login=login,
                password=password,
                roles=("admin",),
            )
    except Invalid as error:
        raise click.ClickException(
            "; ".join(f"{field}: {problem.code}" for field, problem in error.fields.items())
        ) from error
    finally:
        await database.close()
    return enrolled.totp_secret
