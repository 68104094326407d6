"""A project closed, sealed, verified offline, read again: real database, store, sequencer, witness; a planted bit."""

import asyncio
import io
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from httpx import ASGITransport, AsyncClient, Response
from minio import Minio
from minio.error import S3Error
from msgspec.structs import replace
from sqlalchemy import text

from archive import reads, service
from archive.catalogue_reads import catalogue
from archive.cli import archive
from archive.errors import AlreadyDecided, AlreadyProposed, NotFinished, SameOfficial
from archive.types import Package
from portal.app import create_app
from portal.verify.examine import examine
from portal.wiring import WIRING
from tests.factories import bidding as make
from tests.factories.parties import make_actor
from tests.integration.portal.test_evidence import IDENTITIES, Stage
from tests.servers import SharedServers
from trading.kernel.clock import system_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.outbox import deliver
from trading.kernel.settings import to_environment
from trading.kernel.tasks import TASKS, Resources, TaskContext, run_task
from trading.parties.services import make_token


async def nothing_is_closed_yet(stage: Stage) -> None:
    """The gaps of the first day, and a project that cannot be closed."""
    one, _ = await officials(stage)
    async with stage.database.transaction() as session:
        found = await catalogue(session, stage.lot.project_id)
        states = {(item.id, item.state) for item in found.items}
        with pytest.raises(NotFinished):
            await service.propose(session, one, project_id=stage.lot.project_id)
    assert {("tender-notice", "present"), ("announcement", "present"), ("opening-record", "due")} <= states
    assert any(step.endswith(":opening") for step in found.unfinished)


async def until_ended(stage: Stage) -> None:
    """Three bids whose certificates nobody knows: opened, and the opening is cancelled."""
    async with stage.database.transaction() as session:
        for number in range(3):
            bid = stage.lot.bid(uscc=f"9131000000000000{number}A", organisation=f"投标人{number}")
            await make.submit(session, stage.objects, stage.lot, bid)
    await stage.witnessed()
    await stage.pass_deadline()
    await stage.close()
    await stage.witnessed()
    await stage.settle(IDENTITIES, "identity")
    await stage.witnessed()
    await stage.reveal(IDENTITIES)
    await stage.witnessed()


class Works:
    """Relay and worker, for the archive's own tasks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.resources = Resources(stage.settings, keys=make.KEYS)
        self.resources.objects = stage.objects

    async def turn(self) -> None:
        """What waits in the outbox, and what it leads to."""
        wiring = {event.name: tasks for event, tasks in WIRING.items()}
        while True:
            taken: list[tuple[str, UUID, dict[str, object]]] = []

            async def enqueue(name: str, message_id: UUID, payload: dict[str, object]) -> None:
                taken.append((name, message_id, payload))  # noqa: B023  # delivered within this turn

            async with self.stage.database.transaction() as session:
                await deliver(session, wiring, enqueue)
            if not taken:
                return
            for name, message_id, payload in taken:
                if name.startswith("archive."):
                    await self.stage.witnessed()
                    if name == "archive.seal":
                        await self.die_before_commit(name, payload)
                    await run_task(self.resources, name, message_id, payload)

    async def die_before_commit(self, name: str, payload: dict[str, object]) -> None:
        """The bag is in the store under its lock, and the worker dies: nothing is said of it yet."""
        with suppress(ConnectionAbortedError):
            async with self.stage.database.transaction() as session:
                await TASKS[name](TaskContext(session, self.resources), payload)
                raise ConnectionAbortedError

    async def close(self) -> None:
        await self.resources.database.close()


async def officials(stage: Stage) -> tuple[Actor, Actor]:
    async with stage.database.transaction() as session:
        return await make_actor(session, "official"), await make_actor(session, "official")


async def sealed(stage: Stage) -> Package:
    """Proposed by one, refused to the same, approved by another, composed and sealed by the worker."""
    one, other = await officials(stage)
    project = stage.lot.project_id
    async with stage.database.transaction() as session:
        package_id = await service.propose(session, one, project_id=project)
        with pytest.raises(AlreadyProposed):
            await service.propose(session, other, project_id=project, reason="补正后再提")
        with pytest.raises(SameOfficial):
            await service.approve(session, one, package_id=package_id)
    async with stage.database.transaction() as session:
        await service.approve(session, other, package_id=package_id)
        with pytest.raises(AlreadyDecided):
            await service.decline(session, one, package_id=package_id, words="请先补正。")
    works = Works(stage)
    await works.turn()
    await works.close()
    async with stage.database.transaction() as session:
        return await reads.package(session, package_id)


async def bag_of(stage: Stage, package: Package) -> bytes:
    assert package.object_key
    assert package.object_version
    vault = stage.objects.vault
    return b"".join([block async for block in vault.stream(package.object_key, package.object_version)])


async def test_a_project_is_sealed_checked_and_read_again(stage: Stage, tmp_path: Path, servers: SharedServers) -> None:
    await nothing_is_closed_yet(stage)
    await until_ended(stage)
    package = await sealed(stage)
    assert package.state == "sealed"
    body = await bag_of(stage, package)
    assert (sha256(body).hexdigest(), len(body)) == (package.digest, package.size)
    path = tmp_path / "bag.tar"
    path.write_bytes(body)
    report = examine(path, pins=[stage.pin])
    assert report.failures == []
    passed = {line.code for line in report.lines if line.kind == "passed"}
    assert passed >= {"bag.files", "bag.inventory", "bag.records", "bag.catalogue", "revealed", "witness.pinned"}

    admin = client_of(stage)
    where = {"bucket_name": stage.objects.vault.bucket, "version_id": package.object_version}
    key = stage.objects.vault._prefix + str(package.object_key)
    with pytest.raises(S3Error, match="AccessDenied"):
        admin.remove_object(object_name=key, **where)

    works = Works(stage)
    await run_task(works.resources, "archive.seal", uuid4(), {"package_id": str(package.id)})
    assert len(await stage.objects.vault.versions(str(package.object_key))) == 1
    await run_task(works.resources, "archive.sweep", uuid4(), {"due": ""})
    await works.close()
    async with stage.database.transaction() as session:
        [sound] = await reads.sweeps(session)
        planned = text("SELECT count(*) FROM timers WHERE event = 'archive.sweep_due' AND fired_at IS NULL")
        assert (await session.execute(planned)).scalar_one() == 1
    assert (sound.packages, sound.findings, sound.bytes) == (1, 0, package.size)

    plant(servers.seaweedfs.data, stage.objects.vault.bucket, body, b'"scope":')
    told = replace(stage.settings, objects=replace(stage.settings.objects, prefix=stage.objects._prefix))
    swept = await asyncio.to_thread(CliRunner().invoke, archive, ["sweep"], env=to_environment(told))
    assert (swept.exit_code, "changed data/project.json" in swept.output) == (1, True), swept.output
    assert f"1 packages, {package.files} files, {package.size} bytes read; 1 findings" in swept.output
    async with stage.database.transaction() as session:
        [flipped] = (await reads.readings_of(session, package.id))[0].findings
    assert (flipped.kind, flipped.path) == ("changed", "data/project.json")

    admin.put_object(bucket_name=where["bucket_name"], object_name=key, data=io.BytesIO(b"other"), length=5)
    async with stage.database.transaction() as session:
        await service.sweep(session, system_actor("worker"), vault=stage.objects.vault)
        found = (await reads.readings_of(session, package.id))[0].findings
    assert [item.kind for item in found] == ["changed", "replaced"]
    assert found[1].expected == package.object_version
    await pages_show_it(stage, package, body)


async def pages_show_it(stage: Stage, package: Package, body: bytes) -> None:
    """To the staff and to its own side; to another tenderer there is no such package."""
    settings = replace(stage.settings, web=replace(stage.settings.web, secret="s" * 40))
    resources = Resources(settings, keys=make.KEYS)
    resources.objects = stage.objects
    transport = ASGITransport(create_app(settings, resources))  # type: ignore[arg-type]  # the same ASGI types
    async with stage.database.transaction() as session:
        official, stranger = await make_actor(session, "official"), await make_actor(session, "tenderer")
        tokens = {}
        for who in (official, stage.lot.tenderer, stranger):
            made = replace(who, step_up_at=system_now())
            tokens[who.person_id] = (await make_token(session, made, name="test", scopes=sorted(who.roles))).secret
    catalogue_page, page = f"/projects/{package.project_id}/archive", f"/archive/packages/{package.id}"
    async with AsyncClient(transport=transport, base_url=stage.settings.web.base_url) as client:

        async def ask(who: Actor, path: str) -> Response:
            return await client.get(path, headers={"authorization": f"Bearer {tokens[who.person_id]}"})

        for who in (official, stage.lot.tenderer):
            shown = await ask(who, catalogue_page)
            assert (shown.status_code, str(package.digest) in shown.text) == (200, True), shown.text
            shown = await ask(who, page)
            assert shown.status_code == 200, shown.text
            assert "data/project.json" in shown.text
        assert (await ask(official, "/archive")).text.count("data/project.json") == 1
        assert (await ask(official, "/v1/archive/sweeps")).json()[0]["findings"] == 2
        assert (await ask(official, f"{page}/bag")).headers["content-length"] == str(len(body))
        detail = (await ask(official, f"/v1{page}")).json()
        assert [item["kind"] for item in detail["readings"][0]["findings"]] == ["changed", "replaced"]
        await stage.witnessed()
        proof = await ask(official, f"/v1{page}/proof")
        assert str(package.digest) in proof.json()["entry"]
        for path in (catalogue_page, page, f"{page}/bag", f"/v1{page}", f"/v1{page}/proof", f"/v1{catalogue_page}"):
            assert (await ask(stranger, path)).status_code == 404, path
    await resources.database.close()


def crc32c(data: bytes) -> int:
    """Castagnoli's, by which the store itself would see the flipped bit."""
    table = []
    for number in range(256):
        value = number
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def plant(folder: Path, bucket: str, body: bytes, words: bytes) -> None:
    """Flip a bit of these words in the store's volume file, and mend the checksum the store keeps of the block.

    A needle of SeaweedFS: cookie 4, id 8, size 4, then of its body the length 4, the data, and at its end CRC-32C.
    """
    for path in folder.glob(f"{bucket}_*.dat"):
        volume = bytearray(path.read_bytes())
        start = volume.find(body[:65536])
        if start < 0:
            continue
        size, length = (int.from_bytes(volume[start - n : start - n + 4], "big") for n in (8, 4))
        assert volume[start : start + length] == body[:length]
        volume[volume.index(words, start, start + length) + 2] ^= 1
        end = start - 4 + size
        volume[end : end + 4] = crc32c(bytes(volume[start : start + length])).to_bytes(4, "big")
        with path.open("r+b") as file:
            file.write(volume)
        return
    raise AssertionError(f"the bag stands in no volume of {bucket}")


def client_of(stage: Stage) -> Minio:
    told = stage.settings.objects
    return Minio(
        told.endpoint, access_key=told.access_key, secret_key=told.secret_key, secure=False, region=told.region
    )
