"""Enrolling the people of a fresh demonstration city. What they then do, they do over HTTP."""

import asyncio

from stdnum.cn import uscc

from portal.demo.people import ORGANISATIONS, PASSWORD, PEOPLE
from portal.demo.secrets import totp_secret
from trading.kernel.db import Database
from trading.kernel.identity import system_actor
from trading.kernel.settings import Settings
from trading.parties import services

SETUP = system_actor("setup")


def full_code(body: str) -> str:
    """A self-made 统一社会信用代码 with its check digit (GB 32100-2015)."""
    return body + str(uscc.calc_check_digit(body))


async def _enrol(settings: Settings) -> None:
    database = Database(settings.database.app, pool_size=2)
    try:
        async with database.transaction() as session:
            ids = {}
            for organisation in ORGANISATIONS:
                registered = await services.register_organisation(
                    session,
                    SETUP,
                    uscc=full_code(organisation.body),
                    name=organisation.name,
                    kind=organisation.kind,
                )
                ids[organisation.key] = registered.id
            for person in PEOPLE:
                await services.enrol(
                    session,
                    SETUP,
                    organisation=ids[person.organisation],
                    person=person.name,
                    login=person.login,
                    password=PASSWORD,
                    roles=person.roles,
                    totp_secret=totp_secret(person),
                )
    finally:
        await database.close()


def enrol_everyone(settings: Settings) -> None:
    """Register every organisation and enrol every person of the city."""
    asyncio.run(_enrol(settings))
