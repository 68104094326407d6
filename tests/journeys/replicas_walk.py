"""The deployment of compose.yml loses one of each pair in the middle of a tender, and nobody's work is lost.

One tender is walked once, through nginx, with the real queue; each stage is a fixture that stands on the one before.
"""

import io
import shutil
import signal
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from portal.demo import clock
from portal.demo.client import Refusal
from portal.demo.enrolment import enrol_everyone
from portal.demo.line import Line, Tender, after
from portal.serving import DRAIN_SECONDS
from portal.verify.examine import examine
from portal.verify.folder import unpack
from portal.verify.report import Report
from tests.journeys.conftest import fresh_home, quiet
from tests.journeys.deployment import Deployment, both
from tests.journeys.drill import back_up, restore
from tests.journeys.tenders import published, state_of
from tests.journeys.watching import Event, listen, read_journal
from trading.kernel.journal.checkpoint import parse_checkpoint
from trading.kernel.journal.note import parse_note
from trading.kernel.journal.tiles import replay
from trading.kernel.settings import load_settings

PRESENT = ("tenderer", "notary")
LAST = "printed"


@dataclass
class Walk:
    """One tender on its way through a deployment, and somebody who looks at its opening all the while."""

    deployment: Deployment
    line: Line
    tender: Tender
    pool: ThreadPoolExecutor
    told: list[Event] = field(default_factory=list)
    connections: int = 0
    over: bool = False

    @property
    def lot(self) -> str:
        return f"/v1/lots/{self.tender.lot_id}"

    def watch(self) -> None:
        """Where the page breaks off, the browser takes it up again after the last number it has."""
        path = f"/lots/{self.tender.lot_id}/opening/events"
        while not self.over and (not self.told or self.told[-1].kind != LAST):
            self.connections += 1
            try:
                for event in listen(self.deployment.site, path, after=self.told[-1].number if self.told else 0):
                    self.told.append(event)
                    if event.kind == LAST:
                        return
            except (httpx.TransportError, AssertionError):  # cut off, or nobody there for a moment
                time.sleep(0.2)

    def move_to(self, instant: datetime) -> None:
        """Whoever sees "try again in a moment" does so."""
        for _ in range(5):
            try:
                return self.line.move_to(instant)
            except (Refusal, httpx.TransportError) as error:
                if isinstance(error, Refusal) and error.status < 500:
                    raise
        raise AssertionError("again and again in vain")

    def meanwhile(self, act: Callable[..., object], *arguments: object, **named: object) -> Future[object]:
        """Somebody does this while we look elsewhere."""
        return self.pool.submit(act, *arguments, **named)

    @contextmanager
    def tasks_held(self) -> Iterator[None]:
        """Every task gets as far as its transaction and no further, as long as this lasts; one has when it begins."""
        with psycopg.connect(self.deployment.postgres.admin_dsn.replace("/postgres?", "/trading?")) as connection:
            connection.execute("LOCK TABLE inbox IN SHARE ROW EXCLUSIVE MODE")
            yield

    def a_task_waits(self) -> bool:
        query = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'inbox'::regclass"
        return bool(self.deployment.sql(query))


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """Founded, migrated, both of each pair well, behind its door; a demonstration, so that weeks pass in seconds."""
    home = fresh_home("r")
    made = Deployment(home)
    try:
        made.found()
        clock.install(made.environment("migrate")["TRADING_OWNER_DATABASE_URL"])
        made.write_door()
        made.start(*both("web", "worker", "relay"), "nginx")
        made.until_well(*both("web", "worker", "relay"), "nginx")
        yield made
    finally:
        made.stop()
        shutil.rmtree(home.root, ignore_errors=True)


@pytest.fixture(scope="module")
def line(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The people of the city; they know the door's address and no other."""
    enrol_everyone(load_settings(deployment.environment("web-1")))
    people = Line(deployment.seat_trustees(), tmp_path_factory.mktemp("people"), quiet)
    yield people
    people.close()


@pytest.fixture(scope="module")
def walk(deployment: Deployment, line: Line) -> Iterator[Walk]:
    """Registered, published, keys made, two bids in."""
    tender = published(line, "滨江大道综合改造工程")
    line.announce(tender)
    pool = ThreadPoolExecutor(2)
    walked = Walk(deployment, line, tender, pool)
    threading.Thread(target=walked.watch, daemon=True).start()
    for login, price in (("bidder-b", 126_500_050_05), ("bidder-c", 131_000_000_00)):
        line.bid(tender, login, "bid", price_fen=price, days=520, manager="刘志强")
    yield walked
    walked.over = True
    pool.shutdown(wait=False, cancel_futures=True)


@pytest.fixture(scope="module")
def with_bids(walk: Walk) -> Walk:
    """A web process dies with part of a bid in its hands."""
    line, deployment = walk.line, walk.deployment
    line.machine("bidder-a")
    token = line.token(walk.tender, "bidder-a")
    deployment.running["web-1"].signal(signal.SIGSTOP)  # what comes to it now, it never answers
    offer = {"price_fen": 128_845_000_00, "days": 540, "manager": "王建国", "megabytes": 20, "token": token}
    sending = walk.meanwhile(line.bid, walk.tender, "bidder-a", "bid", **offer)
    time.sleep(4)
    assert not sending.done()
    deployment.running["web-1"].kill()
    assert sending.result(60) is True
    return walk


@pytest.fixture(scope="module")
def closed(with_bids: Walk) -> Walk:
    """Each relay dies once while three weeks pass; the web process is there again."""
    walk, deployment = with_bids, with_bids.deployment
    deployment.start("web-1")
    for relay, other, instant in (
        ("relay-1", "relay-2", walk.line.now() + timedelta(minutes=10)),
        ("relay-2", "relay-1", after(walk.tender, minutes=1)),
    ):
        deployment.running[relay].signal(signal.SIGSTOP)  # the duties it has, nobody else gets
        moving = walk.meanwhile(walk.move_to, instant)
        time.sleep(1)
        deployment.running[relay].kill()
        moving.result(90)
        deployment.until_well(other)
        deployment.start(relay)
    return walk


@pytest.fixture(scope="module")
def half_open(closed: Walk) -> Walk:
    """A worker dies in the middle of revealing; what it had fetched comes to the other."""
    walk, deployment = closed, closed.deployment
    deployment.running["worker-2"].signal(signal.SIGSTOP)  # so that the first one gets it
    with walk.tasks_held():
        opening = walk.meanwhile(walk.line.open_phase, walk.tender, 1, PRESENT)
        deployment.until(walk.a_task_waits, "a worker is at it")
        deployment.running["worker-1"].kill()
        deployment.running["worker-2"].signal(signal.SIGCONT)
    opening.result(60)
    deployment.start("worker-1")
    return walk


@pytest.fixture(scope="module")
def opened(half_open: Walk) -> Walk:
    """A web process is stopped while it is watched, a worker in the middle of revealing; the opening ends well."""
    walk, deployment, line = half_open, half_open.deployment, half_open.line
    deployment.until_well("worker-1", "web-1")
    begun = time.monotonic()
    assert deployment.running["web-2"].stop() == 0  # the viewer is there, since the other one died
    assert time.monotonic() - begun < DRAIN_SECONDS / 2
    deployment.start("web-2")
    deployment.running["worker-1"].signal(signal.SIGSTOP)
    with walk.tasks_held():
        opening = walk.meanwhile(line.open_phase, walk.tender, 2, PRESENT)
        deployment.until(walk.a_task_waits, "a worker is at it")
        deployment.running["worker-2"].process.terminate()
        time.sleep(1)
        assert deployment.running["worker-2"].process.poll() is None
    opening.result(60)
    assert deployment.running["worker-2"].process.wait(20) == 0
    deployment.running["worker-1"].signal(signal.SIGCONT)
    line.end_opening(walk.tender)
    for login in ("official", "notary", "witness"):
        line.sign_record(walk.tender, login)
    line.until(lambda: line.opening(walk.tender)["printed"] is not None, "the record is printed")
    line.witnessed()
    return walk


# ---- the deployment itself


def test_the_visitors_address_is_the_one_nginx_saw(deployment: Deployment, line: Line) -> None:
    visitor = deployment.address("witness")  # any address of this machine that nobody else speaks from
    transport = httpx.HTTPTransport(local_address=visitor)
    with httpx.Client(base_url=deployment.site, transport=transport) as http:
        csrf = http.get("/v1/session").json()["csrf"]
        body = {"login": "nobody", "password": "not the password"}
        headers = {"x-csrf-token": csrf, "x-forwarded-for": "203.0.113.7"}
        assert http.post("/v1/session", json=body, headers=headers).status_code == 401
    seen = {bytes(address) for (address,) in deployment.sql("SELECT address_hash FROM sign_in_attempts")}  # type: ignore[call-overload]
    assert sha256(visitor.encode()).digest() in seen
    assert sha256(b"203.0.113.7").digest() not in seen


def test_health_is_for_inside_only_and_says_nothing_more(deployment: Deployment, line: Line) -> None:
    for path in ("/health/live", "/health/ready"):
        assert httpx.get(f"{deployment.site}{path}").status_code == 404
        answer = httpx.get(f"http://{deployment.address('web-1')}:8000{path}")
        assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_body_beyond_what_a_route_takes_is_refused_at_the_door(deployment: Deployment, line: Line) -> None:
    answer = httpx.post(f"{deployment.site}/v1/session", content=b"x" * (2 << 20))
    assert answer.status_code == 413


# ---- one tender


def test_a_bid_is_received_once_although_a_web_process_died_under_it(with_bids: Walk) -> None:
    assert {path.name for path in (with_bids.line.workspace / "bidder-a" / "bid").glob("*receipt.json")}


def test_the_box_is_closed_although_both_relays_died_on_the_way(closed: Walk) -> None:
    box = closed.line.anyone.get(f"{closed.lot}/box")
    assert len([raw for raw in box["documents"].values() if '"core"' in raw]) == 3


def test_what_a_dead_worker_had_fetched_is_done_by_the_other(half_open: Walk) -> None:
    phases = half_open.line.opening(half_open.tender)["phases"]
    assert [bool(phase["revealed_at"]) for phase in phases] == [True, False]


def test_a_worker_that_is_stopped_ends_what_it_began(opened: Walk) -> None:
    assert state_of(opened.line, opened.tender)
    assert "draining" in opened.deployment.log("worker-2").read_text()


def test_a_viewer_misses_nothing_although_the_web_process_was_stopped_under_them(opened: Walk) -> None:
    opened.deployment.until(lambda: bool(opened.told) and opened.told[-1].kind == LAST, "the viewer has seen it all")
    numbers = [event.number for event in opened.told]
    assert numbers == list(range(1, len(numbers) + 1))
    steps = [event.kind for event in opened.told if event.kind in {"closed", "revealed"}]
    assert steps == ["closed", "revealed", "revealed"]
    assert opened.connections > 1


def test_the_evidence_verifies_as_if_nothing_had_happened(opened: Walk, tmp_path: Path) -> None:
    assert examine_lot(opened, tmp_path).failures == []


# ---- the drill


def test_r20_after_a_restore_the_journal_is_the_same_and_goes_on(opened: Walk, tmp_path: Path) -> None:
    walk, deployment = opened, opened.deployment
    before = parse_checkpoint(parse_note(walk.line.anyone.raw("/v1/journal/checkpoint")).text)
    back_up(deployment, tmp_path)
    for name in both("web", "worker", "relay"):
        assert deployment.running[name].stop() == 0, name
    redis.Redis.from_url(deployment.environment("worker-1")["TRADING_BROKER_URL"]).flushall()  # it has no backup

    restore(deployment, tmp_path, "restored")
    deployment.start("web-1", "worker-1", "relay-1")
    deployment.until_well("web-1", "worker-1", "relay-1")
    log_key = deployment.secrets["JOURNAL_KEY"]
    read_journal(walk.line.anyone, log_key, tmp_path / "log")
    assert replay(tmp_path / "log", before.size)[1] == before.root
    assert examine_lot(walk, tmp_path / "evidence").failures == []

    published(walk.line, "第三水厂深度处理工程")
    walk.line.witnessed()
    _, later = read_journal(walk.line.anyone, log_key, tmp_path / "log")
    assert later.size > before.size

    # The same backup once more, now that the witness has seen a larger journal: nothing is signed any more (R67).
    for name in ("web-1", "worker-1", "relay-1"):
        deployment.running[name].stop()
    restore(deployment, tmp_path, "older")
    deployment.log("relay-1").unlink()
    deployment.start("relay-1")
    deployment.until(lambda: "behind: " in deployment.log("relay-1").read_text(), "the sequencer halts", "relay-1")
    [(size,)] = deployment.sql("SELECT max(size) FROM journal_checkpoints")
    assert size == before.size


def examine_lot(walk: Walk, folder: Path) -> Report:
    """What `trading verify` says of what the platform serves."""
    with tarfile.open(fileobj=io.BytesIO(walk.line.anyone.raw(f"{walk.lot}/evidence"))) as archive:
        unpack(archive, folder)
    return examine(folder, pins=(), beside=())
