"""People and organisations for tests, each in one line."""

import secrets

from sqlalchemy.ext.asyncio import AsyncSession
from stdnum.cn.uscc import calc_check_digit

from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import new_id
from trading.parties import reads, services
from trading.parties.types import Enrolled, Organisation

SETUP = system_actor("setup")
PASSWORD = "correct horse 42"  # of every account made here
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def new_uscc() -> str:
    """A code with the right check character."""
    body = "91110000" + "".join(secrets.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
    return body + calc_check_digit(body + "0")


async def make_organisation(
    session: AsyncSession, *, name: str = "", kind: str = "enterprise", uscc: str = ""
) -> Organisation:
    return await services.register_organisation(
        session, SETUP, uscc=uscc or new_uscc(), name=name or f"单位{secrets.token_hex(3)}", kind=kind
    )


async def make_member(
    session: AsyncSession,
    *roles: str,
    org: Organisation | None = None,
    login: str = "",
    person: str = "王小明",
    totp_secret: str | None = None,
) -> Enrolled:
    """A person with an account and one membership."""
    org = org or await make_organisation(session)
    return await services.enrol(
        session,
        SETUP,
        organisation=org.id,
        person=person,
        login=login or f"u{secrets.token_hex(5)}",
        password=PASSWORD,
        roles=roles or ("bidder",),
        totp_secret=totp_secret,
    )


async def actor_for(session: AsyncSession, member: Enrolled) -> Actor:
    """The member as an actor at a browser, without the cost of signing in."""
    held = await reads.membership(session, member.membership_id)
    return Actor(
        name=held.person_name,
        person_id=held.person_id,
        account_id=member.account_id,
        membership_id=held.id,
        org_id=held.org_id,
        org_name=held.org_name,
        roles=frozenset(held.roles),
        session_id=new_id(),
        step_up_at=None,
    )


async def make_actor(session: AsyncSession, *roles: str, org: Organisation | None = None) -> Actor:
    """An actor in these roles, with everything behind it."""
    return await actor_for(session, await make_member(session, *roles, org=org))
