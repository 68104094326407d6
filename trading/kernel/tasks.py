"""Background work: registered by name, delivered by dramatiq, done in one transaction, once (inbox).

Modules register plain async functions with `@task`; only a process that needs the broker builds one, so importing
a module never opens a connection. The broker is PostgreSQL's own queue unless `TRADING_BROKER_URL` names Valkey,
Redis or RabbitMQ; the tasks are the same.
"""

import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

import dramatiq
import structlog
from dramatiq.middleware import AgeLimit, AsyncIO, Retries, ShutdownNotifications, TimeLimit
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore
from trading.kernel.outbox import first_time
from trading.kernel.settings import Settings
from trading.kernel.signing import PlatformKeys

log = structlog.get_logger()
QUEUE = "trading"
_HEARTBEAT_SECONDS = 10
"""A worker that gave no sign for so long is dead, and what it had fetched is given to another."""
_MAINTENANCE = 20_000
"""Of a million commands to Valkey, those that look for dead workers: about one every few seconds."""
_FOR_EVER = 1_000_000_000
_PULSE_SECONDS = 5.0


class Resources:
    """What a process holds open: made once, closed at its end."""

    def __init__(self, settings: Settings, *, keys: PlatformKeys | None = None, pool_size: int = 8) -> None:
        self.settings = settings
        self.database = Database(settings.database.app, pool_size=pool_size)
        self.objects = ObjectStore(settings.objects)
        self.keys = keys or PlatformKeys.load(settings.keys.folder, settings.keys.passphrase)


class TaskContext:
    """What a task may use: its transaction and the process's resources."""

    def __init__(self, session: AsyncSession, resources: Resources) -> None:
        self.session = session
        self.database = resources.database
        """For a short transaction beside the task's own: progress that others see while it works."""
        self.objects = resources.objects
        self.keys = resources.keys
        self.settings = resources.settings


TaskFunction = Callable[[TaskContext, dict[str, Any]], Awaitable[None]]
TASKS: dict[str, TaskFunction] = {}
_MINUTES: dict[str, int] = {}


def task(name: str, *, minutes: int = 10) -> Callable[[TaskFunction], TaskFunction]:
    """Register a task under its stable name (`notices.render_pdf`); its argument is the event's payload.

    A try that takes longer than `minutes` is broken off and begun again.
    """

    def register(function: TaskFunction) -> TaskFunction:
        if name in TASKS:
            raise ValueError(f"task {name} is registered twice")
        TASKS[name], _MINUTES[name] = function, minutes
        return function

    return register


async def run_task(resources: Resources, name: str, message_id: UUID, payload: dict[str, Any]) -> bool:
    """Do a delivery in one transaction; False when it was done before."""
    async with resources.database.transaction() as session:
        if not await first_time(session, name, message_id):
            return False
        await TASKS[name](TaskContext(session, resources), payload)
        return True


def make_broker(settings: Settings) -> dramatiq.Broker:
    """The broker the settings name."""
    middleware: list[dramatiq.Middleware] = [
        AgeLimit(),
        TimeLimit(time_limit=600_000),
        ShutdownNotifications(),
        # For ever: a closing or a reveal that waited for a witness or a store must not stay undone when it is back.
        Retries(max_retries=_FOR_EVER, min_backoff=500, max_backoff=60_000),
        AsyncIO(),
    ]
    url = settings.broker_url
    if not url:
        from dramatiq_postgres import PostgresBroker  # noqa: PLC0415  # only the chosen broker's library is needed

        broker: dramatiq.Broker = PostgresBroker(
            url=settings.database.app,
            results=False,
            middleware=middleware,
            heartbeat_interval=_HEARTBEAT_SECONDS / 4,
            heartbeat_ttl=_HEARTBEAT_SECONDS,
            maintenance_interval=_HEARTBEAT_SECONDS / 2,
        )
        return broker
    if url.startswith("amqp"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415  # only the chosen broker's library

        return RabbitmqBroker(url=url, middleware=middleware)
    from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415  # only the chosen broker's library is needed

    return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq's own gap
        url=patient(url),
        middleware=middleware,
        heartbeat_timeout=_HEARTBEAT_SECONDS * 1000,
        maintenance_chance=_MAINTENANCE,
    )


def patient(url: str) -> str:
    """A Valkey address that says how long to wait, where its writer did not: else a dead line is waited on for ever."""
    parts = urlsplit(url)
    query = {
        "socket_connect_timeout": "5",
        "socket_timeout": "10",
        "socket_keepalive": "true",
        **dict(parse_qsl(parts.query)),
    }
    return urlunsplit(parts._replace(query=urlencode(query)))


def enqueue(broker: dramatiq.Broker, name: str, message_id: UUID, payload: dict[str, Any]) -> None:
    """Hand one delivery to the broker (the relay's side)."""
    broker.enqueue(
        dramatiq.Message(
            queue_name=QUEUE,
            actor_name=name,
            args=(str(message_id), payload),
            kwargs={},
            options={},
            message_id=str(message_id),
        )
    )


def run_worker(settings: Settings, *, threads: int = 4, pulse: Callable[[], None] = lambda: None) -> None:
    """Work until told to stop, then end what was begun: `trading worker`.

    `pulse` is called every few seconds while every part of it lives.
    """
    broker = make_broker(settings)
    resources = Resources(settings)

    def actor_for(name: str) -> Callable[[str, dict[str, Any]], Awaitable[None]]:
        async def deliver(message_id: str, payload: dict[str, Any]) -> None:
            done = await run_task(resources, name, UUID(message_id), payload)
            log.info("task", task=name, repeated=not done)

        return deliver

    for name in TASKS:
        limit = _MINUTES[name] * 60_000
        dramatiq.actor(actor_name=name, queue_name=QUEUE, broker=broker, time_limit=limit)(actor_for(name))
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=200)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.start()
    while not stop.wait(_PULSE_SECONDS):
        if all(thread.is_alive() for thread in (*worker.consumers.values(), *worker.workers)):
            pulse()
    log.info("draining")
    worker.stop()
    broker.close()
