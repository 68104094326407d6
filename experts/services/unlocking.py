"""Unlocking the committee (评标委员会解密): on the spot, by the witness, after opening and recusal, before evaluation.

Each member gets an account under a pseudonym; login, one-time password and code secret go to the phone through the
gateway and are kept nowhere. The names stay sealed for everyone else until the award is fixed (招标投标法 37).
"""

import secrets
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.errors import CommitteeUnlawful, DrawOver, NotOpenedYet, PanelIncomplete
from experts.models import CommitteeMember, Draw, DrawCall, Expert, ExpertVersion
from experts.rules import committee_problem
from experts.services.calling import kept_of, progress_of
from experts.services.messages import queue
from experts.services.recusing import opened_bidders
from experts.states import DRAW
from experts.store import locked, seated_members
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Forbidden
from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import random_id
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal
from trading.parties import reads as parties
from trading.parties import services as people
from trading.parties.services import demand_step_up
from trading.projects import reads as projects

_SETUP = system_actor("experts")


class Named(msgspec.Struct, frozen=True):
    """A member with the name, for the witness at the door and nobody else."""

    seat: int
    pseudonym: str
    number: str
    name: str
    employer: str
    specialty: str


async def unlock(session: AsyncSession, actor: Actor, *, draw_id: UUID, personal: PersonalSeal) -> Draw:
    """The witness opens the committee; from now on its members can sign in."""
    if not actor.has("witness"):
        raise Forbidden
    demand_step_up(actor)
    draw = await locked(session, draw_id)
    if draw.state in {"unlocked", "cancelled"}:
        raise DrawOver(state=draw.state)
    if draw.state != "complete":
        raise PanelIncomplete
    if draw.recused_at is None or await opened_bidders(session, draw.lot_id) is None:
        raise NotOpenedYet
    seated = (await progress_of(session, draw)).seated
    if problem := committee_problem(len(seated), len(seated)):
        raise CommitteeUnlawful(problem=FieldProblem(problem))
    now = await platform_now(session)
    calls = {
        (row.specialty, row.position): row
        for row in await session.scalars(
            select(DrawCall).where(DrawCall.draw_id == draw_id, DrawCall.state == "accepted")
        )
    }
    query = select(CommitteeMember.version_id).where(CommitteeMember.draw_id == draw_id)
    known = set(await session.scalars(query))  # who was replaced keeps the seat's number to himself
    messages = []
    # The seat's number tells nothing of the order drawn, and the order nothing of the seat.
    order = [calls[place.specialty, place.position] for place in seated]
    fresh = [call for call in order if call.version_id not in known]
    for seat, call in enumerate(secrets.SystemRandom().sample(fresh, len(fresh)), len(known) + 1):
        messages.append(await _member(session, draw, call, seat, personal))
    draw.state, draw.unlocked_at = DRAW.advance(draw.state, "unlock"), now
    await append(
        session,
        actor,
        entries.UNLOCKED,
        subject=f"draw:{draw_id}",
        payload={"lot": str(draw.lot_id), "members": len(seated)},
        at=now,
    )
    await session.flush()
    await queue(session, "account", messages, personal)
    await live.publish(session, f"draw:{draw_id}", "unlocked", {"members": len(seated)})
    return draw


async def names(session: AsyncSession, actor: Actor, *, draw_id: UUID, personal: PersonalSeal) -> list[Named]:
    """Who the members are: for the witness who compares faces with identity cards; every look is journalled."""
    if not actor.has("witness"):
        raise Forbidden
    rows = await seated_members(session, draw_id)
    if not rows:
        raise PanelIncomplete
    shown = []
    for row in rows:
        record = (await kept_of(session, row.version_id, personal)).record
        shown.append(Named(row.seat, row.pseudonym, record.number, record.name, record.employer, row.specialty))
    await append(session, actor, entries.NAMES_SEEN, subject=f"draw:{draw_id}", payload={"members": len(rows)})
    return shown


async def _member(
    session: AsyncSession, draw: Draw, call: DrawCall, seat: int, personal: PersonalSeal
) -> dict[str, object]:
    """Person, account and membership under a pseudonym; returns the message for the phone."""
    kept = await kept_of(session, call.version_id, personal)
    version = await session.get_one(ExpertVersion, call.version_id)
    expert = await session.get_one(Expert, version.expert_id)
    if expert.person_id is None:
        expert.person_id = (await people.add_person(session, _SETUP, name=f"专家{expert.number}")).id
    login, password = f"pw-{random_id()[:10]}", secrets.token_urlsafe(15)
    account = await people.open_account(
        session, _SETUP, person_id=expert.person_id, login=login, password=password, staff=True
    )
    if expert.membership_id is None:
        centre = await _centre(session, draw)
        granted = await people.grant_membership(
            session, _SETUP, person_id=expert.person_id, org_id=centre, roles=("expert",)
        )
        expert.membership_id = granted.id
    session.add(
        CommitteeMember(
            draw_id=draw.id,
            lot_id=draw.lot_id,
            seat=seat,
            specialty=call.specialty,
            version_id=call.version_id,
            person_id=expert.person_id,
            account_id=account.id,
            membership_id=expert.membership_id,
            pseudonym=f"评委{seat}号",
        )
    )
    await session.flush()
    lot = await projects.lot(session, draw.lot_id)
    return {
        "to": kept.record.phone,
        "login": login,
        "password": password,
        "totp": account.totp_secret,
        "project": lot.project_name,
        "lot": lot.name,
    }


async def _centre(session: AsyncSession, draw: Draw) -> UUID:
    """The organisation of the official who announced: an expert's own employer would name him."""
    members = await parties.memberships_of(session, draw.proposed_by)
    return next(member.org_id for member in members if "official" in member.roles)
