"""`trading relay`: hands on what was committed, fires due timers, seals blind slots, sequences the journal.

What the broker or a worker lost is handed on again.
Each duty has its own advisory lock, so any number of relays may run and one of them does each duty. A duty that
fails is logged and tried again; it never takes the others down.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog

from portal.pulse import EVERY_SECONDS, beat
from portal.wiring import WIRING
from trading.kernel.journal.blind_streams import seal_due_slots
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.locks import Leadership
from trading.kernel.outbox import deliver
from trading.kernel.redelivery import Redelivery
from trading.kernel.settings import Settings
from trading.kernel.tasks import Resources, enqueue, make_broker
from trading.kernel.timers import fire_due

log = structlog.get_logger()
_PAUSE_SECONDS = 0.2
_TROUBLE_SECONDS = 2.0
_AGAIN_SECONDS = 15.0

Duty = Callable[[], Awaitable[int]]


async def keep_doing(name: str, address: str, duty: Duty, stop: asyncio.Event, *, rest: float = _PAUSE_SECONDS) -> None:
    """Do a duty while we hold it; rest when there was nothing to do."""
    leadership = Leadership(address, f"duty:{name}")
    try:
        while not stop.is_set():
            done = 0
            pause = rest
            try:
                if await leadership.held():
                    done = await duty()
                else:
                    pause = _TROUBLE_SECONDS
            except Exception:
                log.exception("duty_failed", duty=name)
                pause = _TROUBLE_SECONDS
            if not done:
                try:
                    await asyncio.wait_for(stop.wait(), pause)
                except TimeoutError:
                    continue
    finally:
        await leadership.release()


async def keep_beating(file: str, stop: asyncio.Event) -> None:
    """Signs of life, as long as this loop turns."""
    while not stop.is_set():
        beat(file)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)


async def run_relay(settings: Settings, stop: asyncio.Event) -> None:
    """Every duty until told to stop."""
    resources = Resources(settings, pool_size=4)
    broker = make_broker(settings)
    wiring = {event.name: tasks for event, tasks in WIRING.items()}

    async def hand_over(name: str, message_id: UUID, payload: dict[str, Any]) -> None:
        await asyncio.to_thread(enqueue, broker, name, message_id, payload)

    async def relay() -> int:
        async with resources.database.transaction() as session:
            return await deliver(session, wiring, hand_over)

    redelivery = Redelivery()

    async def again() -> int:
        async with resources.database.transaction() as session:
            if sent := await redelivery.step(session, wiring, hand_over):
                log.warning("handed_on_again", deliveries=sent)
        return int(redelivery.more)

    async def timers() -> int:
        async with resources.database.transaction() as session:
            return await fire_due(session)

    async def slots() -> int:
        async with resources.database.transaction() as session:
            return await seal_due_slots(session)

    sequencer = Sequencer(settings, resources.objects, resources.keys.journal)
    address = resources.database.address
    try:
        async with asyncio.TaskGroup() as group:
            for name, duty in (("relay", relay), ("timers", timers), ("slots", slots)):
                group.create_task(keep_doing(name, address, duty, stop))
            group.create_task(keep_doing("again", address, again, stop, rest=_AGAIN_SECONDS))
            group.create_task(keep_beating(settings.pulse_file, stop))
            group.create_task(keep_doing("sequencer", settings.database.sequencer, sequencer.step, stop))
    finally:
        await sequencer.close()
        await resources.database.close()
        broker.close()


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run_relay(settings, stop)

    asyncio.run(run())
