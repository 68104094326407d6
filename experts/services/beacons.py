"""The beacon (公共随机源): typed by two witnesses, two people, the same value; only then is anything computed.

No value says that it did not take place: attested by two as well, and only then does the next announced one count.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.framing import parse_instant
from experts import entries
from experts.draw import DrawError, beacon_value, seed
from experts.errors import BeaconDiffers, BeaconTooEarly, BeaconTwice, BeaconWrongTurn, DrawOver
from experts.models import Draw, DrawBeacon
from experts.proof import facts
from experts.proof.documents import Noted, Shown
from experts.services.calling import begin_calls
from experts.services.committing import settle_reveals
from experts.store import announced, lists_of, locked, parties_of
from trading.kernel import live
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Forbidden, Invalid, Refused
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.signing import PersonalSeal


async def type_beacon(
    session: AsyncSession, actor: Actor, *, draw_id: UUID, beacon: int, value: str | None, personal: PersonalSeal
) -> Draw | Refused:
    """One witness's word; the second equal one computes the order, a differing one is journalled and refused."""
    if not actor.has("witness") or actor.person_id is None:
        raise Forbidden
    draw = await locked(session, draw_id)
    if draw.state != "announced":
        raise DrawOver(state=draw.state)
    announcement = announced(draw)
    now = await platform_now(session)
    if now < parse_instant(announcement.beacon_at):
        raise BeaconTooEarly(at=parse_instant(announcement.beacon_at))
    await settle_reveals(session, actor, draw_id=draw_id)
    typed = await beacons_of(session, draw_id)
    if beacon != next_beacon(typed) or beacon >= len(announcement.beacons):
        raise BeaconWrongTurn
    shown = _value(value)
    earlier = [row for row in typed if row.position == beacon]
    mine = next((row for row in earlier if row.person_id == actor.person_id), None)
    if mine is not None and mine.value == shown:
        raise BeaconTwice
    other = next((row for row in earlier if row.person_id != actor.person_id), None)
    if other is not None and other.value != shown:
        # The two must look again, together; whoever mistyped types anew, and what he typed stays in the journal.
        payload = {"beacon": beacon, "code": BeaconDiffers.code}
        await append(session, actor, entries.BEACON_REFUSED, subject=f"draw:{draw_id}", payload=payload, at=now)
        return BeaconDiffers()
    entry = await append(
        session,
        actor,
        entries.BEACON_TYPED,
        subject=f"draw:{draw_id}",
        payload=facts.typed(Shown(beacon, shown, Noted("", ""), Noted("", ""))),
        at=now,
    )
    if mine is not None:
        mine.value, mine.at, mine.entry_id = shown, now, entry
    else:
        session.add(
            DrawBeacon(
                id=new_id(),
                draw_id=draw_id,
                position=beacon,
                value=shown,
                person_id=actor.person_id,
                at=now,
                entry_id=entry,
            )
        )
    await session.flush()
    await live.publish(session, f"draw:{draw_id}", "beacon", {"witnesses": 1 + (other is not None)})
    if other is not None and shown is not None:
        await _compute(session, actor, draw, personal)
    return draw


async def beacons_of(session: AsyncSession, draw_id: UUID) -> list[DrawBeacon]:
    """What was typed, in the order of the beacons and of typing."""
    rows = await session.scalars(
        select(DrawBeacon).where(DrawBeacon.draw_id == draw_id).order_by(DrawBeacon.position, DrawBeacon.at)
    )
    return list(rows)


def pairs(typed: list[DrawBeacon]) -> list[tuple[DrawBeacon, DrawBeacon]]:
    """Beacons that two people attested alike, in their order."""
    found = []
    for position in sorted({row.position for row in typed}):
        rows = [row for row in typed if row.position == position]
        if len(rows) == 2 and rows[0].value == rows[1].value:  # two rows of one beacon are two people's, by constraint
            found.append((rows[0], rows[1]))
    return found


def next_beacon(typed: list[DrawBeacon]) -> int:
    """The one that counts now: after every one that was attested missing."""
    return sum(first.value is None for first, _ in pairs(typed))


def shown_of(typed: list[DrawBeacon]) -> tuple[Shown, ...]:
    """As the document has them."""
    return tuple(
        Shown(
            first.position,
            first.value,
            Noted(str(first.entry_id), rfc3339(first.at)),
            Noted(str(second.entry_id), rfc3339(second.at)),
        )
        for first, second in pairs(typed)
    )


def _value(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return beacon_value(value)
    except DrawError as error:
        raise Invalid({"value": FieldProblem("draws.beacon_form")}) from error


async def _compute(session: AsyncSession, actor: Actor, draw: Draw, personal: PersonalSeal) -> None:
    """From here on everything follows."""
    values = {first.position: first.value for first, _ in pairs(await beacons_of(session, draw.id))}
    made = seed(
        bytes.fromhex(draw.ann or ""),
        [bytes.fromhex(item.root) for item in await lists_of(session, draw.id)],
        [
            (
                row.party,
                bytes.fromhex(row.commit) if row.commit else None,
                bytes.fromhex(row.reveal) if row.reveal else None,
            )
            for row in await parties_of(session, draw.id)
        ],
        [values.get(number) for number in range(len(announced(draw).beacons))],
    )
    await begin_calls(session, actor, draw, seed=made.hex(), at=await platform_now(session), personal=personal)
