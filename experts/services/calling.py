"""Calling in the computed order (依次通知): whom `panel` names is called, nobody else, and nobody is skipped.

A call is a row first, the gateway's business after the commit (state `made` → `sent`), and an outcome only by the
gateway's signed record.
"""

import datetime as dt
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.answers import Answer, named_call, pin_commitment, verify_answer
from experts.draw import DrawError, Place, Progress, panel, permutation
from experts.errors import AnswerRefused, CallOver, CallUnknown, PinLocked, PinWrong
from experts.events import CallMade, CallWindowEnded
from experts.gateway import Gateway
from experts.models import Draw, DrawCall, ExpertVersion
from experts.proof import facts
from experts.proof.documents import Called, Noted, Order, Seat
from experts.roster.sealed import Kept, unseal
from experts.services.recusing import recuse_seated
from experts.states import DRAW
from experts.store import announced, eligible, leaves_of, lists_of, locked, meeting, orders, outcomes_of
from trading.kernel import live, timers
from trading.kernel.clock import parse_rfc3339, platform_now, rfc3339
from trading.kernel.errors import Refused
from trading.kernel.identity import Actor
from trading.kernel.ids import random_id
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.kernel.signing import PersonalSeal

MOST_PINS = 3


async def begin_calls(
    session: AsyncSession, actor: Actor, draw: Draw, *, seed: str, at: dt.datetime, personal: PersonalSeal
) -> None:
    """The order stands; the first calls are made."""
    draw.state = DRAW.advance(draw.state, "compute")
    draw.seed, draw.computed_at = seed, at
    draw.computed_entry = await append(
        session,
        actor,
        entries.COMPUTED,
        subject=f"draw:{draw.id}",
        payload=facts.computed(seed, await places_of(session, draw)),
        at=at,
    )
    await session.flush()
    await live.publish(session, f"draw:{draw.id}", "computed", {})
    await go_on(session, actor, draw, personal=personal)


async def places_of(session: AsyncSession, draw: Draw) -> tuple[Order, ...]:
    """The computed permutation of each specialty."""
    if draw.seed is None or draw.roster_root is None:
        return ()
    leaves = await leaves_of(session, draw.roster_root)
    seed = bytes.fromhex(draw.seed)
    return tuple(
        Order(item.specialty, permutation(seed, item.specialty, len(eligible(item, leaves))))
        for item in await lists_of(session, draw.id)
    )


async def progress_of(session: AsyncSession, draw: Draw) -> Progress:
    """Where calling stands, by the engine."""
    announcement = announced(draw)
    leaves = await leaves_of(session, draw.roster_root or "")
    placed = orders(draw, await lists_of(session, draw.id), leaves)
    return panel(placed, announcement.quotas, await outcomes_of(session, draw), declines=announcement.declines)


async def go_on(session: AsyncSession, actor: Actor, draw: Draw, *, personal: PersonalSeal) -> None:
    """What follows from the answers so far: recusals, the next calls, or the end of calling."""
    await recuse_seated(session, actor, draw, personal=personal)
    progress = await progress_of(session, draw)
    leaves = await leaves_of(session, draw.roster_root or "")
    placed = orders(draw, await lists_of(session, draw.id), leaves)
    now = await platform_now(session)
    for place in progress.call:
        leaf = placed[place.specialty][place.position]
        await _call(session, actor, draw, place=place, leaf=leaf, version_id=dict(leaves)[leaf], now=now)
    if progress.state == "complete" and draw.state == "calling":
        draw.state, draw.completed_at = DRAW.advance(draw.state, "complete"), now
        numbers = {leaf: number for number, (leaf, _) in enumerate(leaves)}
        seats = [Seat(p.specialty, p.position, numbers[placed[p.specialty][p.position]]) for p in progress.seated]
        draw.completed_entry = await append(
            session, actor, entries.COMPLETED, subject=f"draw:{draw.id}", payload=facts.completed(seats), at=now
        )
    elif progress.state == "exhausted" and draw.state == "calling" and not progress.pending:
        draw.state = DRAW.advance(draw.state, "exhaust")
        shown = {"specialty": progress.exhausted}
        await append(session, actor, entries.EXHAUSTED, subject=f"draw:{draw.id}", payload=shown, at=now)
    await session.flush()
    await live.publish(session, f"draw:{draw.id}", "calls", {"seated": len(progress.seated), "state": draw.state})


async def _call(
    session: AsyncSession,
    actor: Actor,
    draw: Draw,
    *,
    place: Place,
    leaf: bytes,
    version_id: UUID,
    now: dt.datetime,
) -> None:
    call_id = random_id()
    shown = Called(call_id, place.specialty, place.position, leaf.hex(), Noted("", ""), None, None)
    entry = await append(session, actor, entries.CALLED, subject=f"draw:{draw.id}", payload=facts.called(shown), at=now)
    session.add(
        DrawCall(
            id=call_id,
            draw_id=draw.id,
            specialty=place.specialty,
            position=place.position,
            version_id=version_id,
            state="made",
            made_at=now,
            made_entry=entry,
            wrong_pins=0,
        )
    )
    await session.flush()
    await emit(session, CallMade(call_id=call_id))


async def send_call(
    session: AsyncSession, actor: Actor, *, call_id: str, gateway: Gateway, personal: PersonalSeal
) -> None:
    """Hand a call to the gateway: time, place, duration; never the project or who bids (抽取通知).

    Only the call is held meanwhile, not the draw: the gateway may just be bringing another call's answer.
    """
    call = await session.get(DrawCall, call_id, with_for_update=True, populate_existing=True)
    if call is None:
        raise CallUnknown
    draw = await session.get_one(Draw, call.draw_id)
    if call.state != "made" or draw.state == "cancelled":
        return
    announcement = announced(draw)
    now = await platform_now(session)
    ends = now + dt.timedelta(seconds=announcement.call_window)
    kept = await kept_of(session, call.version_id, personal)
    window = await gateway.call(
        {
            "id": call.id,
            "to": kept.record.phone,
            "draw": announcement.subject,
            "specialty": call.specialty,
            "position": call.position,
            "leaf": (await session.get_one(ExpertVersion, call.version_id)).leaf.hex(),
            "called_at": rfc3339(now),
            "ends_at": rfc3339(ends),
            "meets_at": rfc3339(meeting(draw.plan)[0]),
            "minutes": draw.plan["meets_minutes"],
            "place": draw.plan["place"],
        }
    )
    ends = parse_rfc3339(window.ends_at)  # of the first time it was told, if this is the second
    call.state, call.ends_at = "sent", ends
    shown = {"call": call.id, "ends_at": rfc3339(ends)}
    await append(session, actor, entries.CALL_SENT, subject=f"draw:{draw.id}", payload=shown, at=now)
    await timers.schedule(
        session, due_at=ends, event=CallWindowEnded(call_id=call.id), key=f"experts.call_window:{call.id}"
    )


async def take_answer(
    session: AsyncSession, actor: Actor, *, file: str, pin: str | None, salt: str | None, personal: PersonalSeal
) -> DrawCall | Refused:
    """The gateway's record of an answer; a wrong PIN is counted, so that refusal is returned and not raised."""
    call, draw, answer = await _read_answer(session, file)
    if call.record == file.encode():
        return call
    if call.state != "sent" or call.ends_at is None or draw.state == "cancelled":
        raise CallOver  # a cancelled draw's calls stand as they stood: the draw that continues it began with that
    now = await platform_now(session)
    if now > call.ends_at:
        raise CallOver
    if answer.outcome == "unanswered":
        raise AnswerRefused  # that is told when the window has ended, not before
    if answer.outcome == "accepted" and (
        wrong := await _pin_problem(session, actor, call, answer, pin=pin, salt=salt, personal=personal)
    ):
        return wrong
    await _answered(session, actor, draw, call, answer, file=file, now=now, personal=personal)
    return call


async def close_call(
    session: AsyncSession, actor: Actor, *, call_id: str, gateway: Gateway, personal: PersonalSeal
) -> None:
    """The window has ended: the gateway says what became of the call, and signs it."""
    call, draw = await _call_locked(session, call_id)
    if call.state != "sent" or draw.state == "cancelled":
        return
    reply = await gateway.close(call_id)
    call, draw, answer = await _read_answer(session, reply.answer)
    if answer.outcome == "accepted" and await _pin_problem(
        session, actor, call, answer, pin=reply.pin, salt=reply.salt, personal=personal
    ):
        raise AnswerRefused
    now = await platform_now(session)
    await _answered(session, actor, draw, call, answer, file=reply.answer, now=now, personal=personal)


async def kept_of(session: AsyncSession, version_id: UUID, personal: PersonalSeal) -> Kept:
    """What the roster said of the person called."""
    row = await session.get_one(ExpertVersion, version_id)
    return unseal(row.sealed, personal, version_id)


async def _call_locked(session: AsyncSession, call_id: str) -> tuple[DrawCall, Draw]:
    draw_id = await session.scalar(select(DrawCall.draw_id).where(DrawCall.id == call_id))
    if draw_id is None:
        raise CallUnknown
    draw = await locked(session, draw_id)
    call = await session.get_one(DrawCall, call_id, with_for_update=True, populate_existing=True)
    return call, draw


async def _read_answer(session: AsyncSession, file: str) -> tuple[DrawCall, Draw, Answer]:
    """The record, signed by the gateway that this draw announced, of a call as we made it."""
    try:
        call, draw = await _call_locked(session, named_call(file.encode()))
        answer = verify_answer(file.encode(), announced(draw).gateway)
    except DrawError as error:
        raise AnswerRefused(detail=error.code) from error
    leaf = (await session.get_one(ExpertVersion, call.version_id)).leaf.hex()
    told = (answer.draw, answer.specialty, answer.position, answer.leaf)
    if told != (f"draw:{draw.id}", call.specialty, call.position, leaf) or answer.answered_at < answer.called_at:
        raise AnswerRefused(detail="draw.answer.call")
    if call.ends_at is None or answer.ends_at != rfc3339(call.ends_at):
        raise AnswerRefused(detail="draw.answer.window")
    return call, draw, answer


async def _pin_problem(
    session: AsyncSession,
    actor: Actor,
    call: DrawCall,
    answer: Answer,
    *,
    pin: str | None,
    salt: str | None,
    personal: PersonalSeal,
) -> Refused | None:
    if call.wrong_pins >= MOST_PINS:
        return PinLocked(most=MOST_PINS)
    kept = await kept_of(session, call.version_id, personal)
    given = pin_commitment(bytes.fromhex(salt or ""), pin or "")
    if pin == kept.pin and salt and given == answer.pin:
        return None
    call.wrong_pins += 1
    shown = {"call": call.id, "wrong": call.wrong_pins}
    await append(session, actor, entries.PIN_REFUSED, subject=f"draw:{call.draw_id}", payload=shown)
    await session.flush()
    left = MOST_PINS - call.wrong_pins
    return PinWrong(left=left) if left else PinLocked(most=MOST_PINS)


async def _answered(
    session: AsyncSession,
    actor: Actor,
    draw: Draw,
    call: DrawCall,
    answer: Answer,
    *,
    file: str,
    now: dt.datetime,
    personal: PersonalSeal,
) -> None:
    call.state, call.record, call.answered_at = answer.outcome, file.encode(), now
    call.entry_id = await append(
        session, actor, entries.ANSWERED, subject=f"draw:{draw.id}", payload=facts.answered(file, answer), at=now
    )
    await timers.cancel(session, f"experts.call_window:{call.id}")
    await session.flush()
    if draw.state == "calling":
        await go_on(session, actor, draw, personal=personal)
