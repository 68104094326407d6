"""A draw too early, one in its window, one after the opening; and an alert from the console to its end, by page."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest_asyncio

from bidding.opening.entries import EARLY_ATTEMPT
from portal.app import create_app
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from portal.verify.examine import examine
from tests.factories import bidding as make
from tests.factories.draw_stage import DrawStage, set_stage
from tests.factories.supervision import WORKER, Watch
from tests.factories.whole_site import WholeSite
from tests.integration.kernel import journal_platform as journal
from trading.kernel.journal import reads as log
from trading.kernel.journal.actions import append
from trading.kernel.journal.note import parse_verifier
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.projects import reads as projects

ORIGIN = "demo/supervision"
QUESTION = "请说明为何在开标前三周即完成抽取，名单如何保密。"
ANSWER = "因春节假期提前抽取，名单一直密封，开标当日由见证人员解密，今后按规定时间抽取。"


@dataclass
class Scene:
    """Draws that really commit, a real witness, and the whole site over both."""

    stage: DrawStage
    watch: Watch
    sequencer: Sequencer
    pin: str

    async def witnessed(self, entry_id: UUID) -> None:
        """Until the witness has cosigned over this entry; one that was too slow to answer is asked about a new one."""
        for _ in range(50):
            while await self.sequencer.step():
                pass
            async with self.stage.session() as session:
                if await log.checkpoint_covering(session, entry_id, quorum=1):
                    return
                await append(session, WORKER, EARLY_ATTEMPT, subject=f"lot:{uuid4()}", payload={})
            await asyncio.sleep(0.2)
        raise AssertionError("the witness never cosigned")

    async def another_lot(self) -> DrawStage:
        """The same people and roster, another lot."""
        async with self.stage.session() as session:
            lot = await make.make_lot(session, self.stage.objects)
        lot.official = self.stage.lot.official
        lot.trustees = [
            replace(new, actor=old.actor) if seat else new
            for seat, (new, old) in enumerate(zip(lot.trustees, self.stage.lot.trustees, strict=True))
        ]
        return replace(self.stage, lot=lot, numbers={})


@pytest_asyncio.fixture
async def scene(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
    tmp_path: Path,
) -> AsyncIterator[Scene]:
    signer = make.KEYS.journal
    with new_database() as urls, journal.witness(tmp_path / "witness", ORIGIN, signer) as witness:
        install(urls.owner_dsn)
        settings = journal.settings(urls, object_settings, witness, origin=ORIGIN)
        site = WholeSite(urls, object_settings, objects)
        site.settings = msgspec.structs.replace(site.settings, journal=settings.journal)
        site.resources.settings = site.settings
        site.app = create_app(site.settings, site.resources)
        sequencer = Sequencer(settings, objects, signer)
        stage = await set_stage(site.database, objects)
        yield Scene(stage, Watch(site), sequencer, parse_verifier(witness.vkey).fingerprint)
        await sequencer.close()
        await site.close()


async def test_a_draw_is_in_its_window_or_an_alert(scene: Scene, tmp_path: Path) -> None:
    watch, early = scene.watch, scene.stage
    await early.until_computed()
    [raised] = await watch.sweep()
    assert await watch.sweep() == []  # what is known is no news
    [alert] = await watch.alerts(early.lot.id)
    assert (alert.id, alert.rule, alert.severity, alert.facts) == (raised, "draw_window", "notice", {"side": "early"})
    async with early.session() as session:
        deadline = (await projects.lot(session, early.lot.id)).deadline_at
    assert alert.due_at is not None
    assert alert.happened_at is not None
    assert alert.happened_at < alert.due_at < deadline

    await _dealt_with_by_page(scene, tmp_path)

    timely = await scene.another_lot()
    async with early.session() as session:
        deadline = (await projects.lot(session, timely.lot.id)).deadline_at
    await watch.move_to(deadline - timedelta(hours=26))
    await timely.until_computed()
    assert await watch.sweep() == []
    late = await scene.another_lot()
    async with early.session() as session:
        deadline = (await projects.lot(session, late.lot.id)).deadline_at
    await watch.move_to(deadline)
    await late.until_computed()
    await watch.sweep()
    [alert] = await watch.alerts(late.lot.id)
    assert (alert.rule, alert.facts, alert.due_at) == ("draw_window", {"side": "late"}, deadline)
    assert alert.late_by is not None
    assert await watch.alerts(timely.lot.id) == []


async def _dealt_with_by_page(scene: Scene, tmp_path: Path) -> None:
    watch, lot = scene.watch, scene.stage.lot
    supervisor = await watch.browser(await watch.member("supervisor"))
    official = await watch.browser(await watch.member("official", lot.official.org_id))
    tenderer = await watch.browser(await watch.member("tenderer", lot.tenderer.org_id))

    console = (await supervisor.get("/supervision")).text  # from the number to its list
    listed = re.search(r'href="(/supervision/alerts\?[^"]*draw_window)">1<', console)
    assert listed
    inbox = (await supervisor.get(listed[1].replace("&amp;", "&"))).text
    found = re.search(r'href="(/supervision/alerts/([0-9a-f-]{36}))"', inbox)
    assert found
    url, alert_id = found[1], found[2]
    asked = f"/supervision/questions/{alert_id}"
    shown = (await supervisor.get(url)).text
    assert "早于规定的时间" in shown
    assert "财库〔2016〕198号" in shown
    project = re.search(r'href="(/supervision/projects/[0-9a-f-]{36})#lot-', shown)
    assert project
    line = (await supervisor.get(project[1])).text  # the lot's clocks and its journal
    assert "投标截止前对任何人保密" in line
    assert f'href="{url}"' in line

    assert "交办监察预警" in (await supervisor.get("/today")).text
    me = re.search(r'<option value="([0-9a-f-]{36})" selected', (await supervisor.get(f"{url}/assign")).text)
    assert me
    early = await supervisor.submit(f"{url}/close", outcome="explained", reason="不必询问即办结")
    assert early.status_code == 409  # nobody has it in hand
    done = await supervisor.submit(f"{url}/assign", membership_id=me[1])
    assert done.status_code == 303, done.text
    short = await supervisor.submit(f"{url}/ask", party="official", text="为何")
    assert short.status_code == 422
    assert (await official.get(asked)).status_code == 404  # nothing asked yet
    done = await supervisor.submit(f"{url}/ask", party="official", text=QUESTION)
    assert done.status_code == 303, done.text
    waiting = await supervisor.submit(f"{url}/close", outcome="explained", reason="没有等待答复")
    assert (waiting.status_code, "答复期限还没有过" in waiting.text) == (409, True)

    assert (await tenderer.get(asked)).status_code == 404  # asked of the centre
    assert (await tenderer.get(url)).status_code == 403
    assert "没有询问" in (await tenderer.get("/supervision/questions")).text
    assert asked in (await official.get("/today")).text
    assert QUESTION in (await official.get(asked)).text
    done = await official.submit(asked, text=ANSWER)
    assert done.status_code == 303, done.text
    assert ANSWER in (await supervisor.get(url)).text
    assert url in (await supervisor.get("/today")).text
    done = await supervisor.submit(f"{url}/close", outcome="explained", reason="说明成立，已责令今后按时抽取。")
    assert done.status_code == 303, done.text
    closed = (await supervisor.get(url)).text
    assert ("说明成立" in closed, f"{url}/close" in closed) == (True, False)
    assert "已责令今后按时抽取" in (await official.get(asked)).text
    assert url not in (await supervisor.get("/supervision/alerts")).text
    csv = await supervisor.get("/supervision/alerts?state=closed&format=csv")
    assert "抽取时间不当" in csv.content.decode("utf-8-sig")

    entries = set(re.findall(r'href="(/journal/entries/[0-9a-f-]{36})"', closed))
    assert len(entries) == 6  # the order computed; raised, assigned, asked, answered, closed
    entry, newest = min(entries), max(entries).rsplit("/", 1)[-1]  # ids are in order of time
    waiting = await tenderer.get(f"{entry}/proof.json")
    assert (waiting.status_code, "还没有足够见证方副签" in waiting.text) == (404, True)  # supervision.not_witnessed
    await scene.witnessed(UUID(newest))
    assert "已见证" in (await tenderer.get(entry)).text
    for number, each in enumerate(sorted(entries)):
        file = tmp_path / f"proof-{number}.json"
        file.write_bytes((await tenderer.get(f"{each}/proof.json")).content)
        report = examine(file, pins=[scene.pin])
        assert report.failures == []
        assert {"entry.proof", "witness.pinned"} <= {item.code for item in report.lines if item.kind == "passed"}
        forged = tmp_path / f"forged-{number}.json"
        forged.write_bytes(file.read_bytes().replace(b"demo/supervision", b"demo/supervisioN", 1))
        assert not examine(forged, pins=[scene.pin]).ok
