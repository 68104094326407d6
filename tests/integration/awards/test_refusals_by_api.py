"""By API, to the annulled award and the next one: each refusal on the way by its code."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.awards import set_award_stage
from tests.factories.parties import make_member
from tests.factories.whole_site import WholeSite
from tests.integration.portal.asking import ask
from tests.integration.portal.others_things import WORDS, World, signed_in
from trading.awards import reads as awards
from trading.kernel.clock import platform_now
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties

OVER = {"rank": 1, "reason": "第一名书面放弃中标，见其来函。"}


@pytest_asyncio.fixture
async def world(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[World]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        stage = await set_award_stage(site)
        world = World(site, stage)
        async with site.database.transaction() as session:
            side = (await parties.membership(session, stage.tenderer.membership_id)).org_id
            colleague = await make_member(session, "bidder", org=await parties.organisation(session, side))
            people = {"tenderer": stage.tenderer, "loser": stage.bidders[1], "outsider": stage.outsider}
            for name, member in {**people, "colleague": colleague}.items():
                world.who[name] = await signed_in(session, member)
        yield world
        await site.close()


async def test_api_every_refusal_on_the_way_to_the_next_award(world: World) -> None:
    async def told(who: str, path: str, body: Any) -> tuple[int, str]:
        address = f"/v1/lots/{world.stage.lot_id}/result/{path}"
        answer = await ask(world.site.app, "POST", address, world.who[who], json.dumps(body).encode())
        return answer.status, answer.code

    objection, award = {"text": WORDS}, {"rank": 1, "reasons": WORDS}
    assert await told("tenderer", "award/annul", {"ground": "gave_up", "reason": WORDS}) == (409, "awards.not_awarded")
    assert await told("outsider", "objections", objection) == (409, "awards.not_publicised")
    await world.publicise()  # the loser has objected
    assert await told("outsider", "objections", objection) == (422, "awards.interest_missing")
    assert await told("colleague", "objections", objection) == (409, "awards.no_interest")
    assert await told("tenderer", "award", award) == (409, "awards.publicity_running")

    async with world.site.database.transaction() as session:
        publicity = (await awards.outcome(session, world.stage.lot_id)).publicity
        assert publicity is not None
        ahead = (publicity.ends_at - await platform_now(session)) // timedelta(milliseconds=1) + 1000
        await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})
    late = {"text": WORDS, "interest": "设备供应商"}
    assert await told("outsider", "objections", late) == (409, "awards.objection_too_late")
    assert await told("tenderer", "award", award) == (409, "awards.paused")
    assert (await told("loser", f"objections/{world.what['objection']}/withdraw", {}))[0] == 200

    assert await told("tenderer", "award", award | {"rank": 4}) == (409, "awards.no_such_candidate")
    assert await told("tenderer", "award", award | {"rank": 2}) == (409, "awards.passed_over")
    unlawful = award | {"rank": 2, "passed_over": [OVER | {"ground": "choice"}]}
    assert await told("tenderer", "award", unlawful) == (409, "awards.ground_unlawful")
    assert (await told("tenderer", "award", award))[0] == 200
    file = {"name": "合同.pdf", "media_type": "application/pdf", "data": "JVBERi0xLjc="}
    contract = {"file": file, "amount_fen": 1, "signed_on": "2026-12-01"}
    assert await told("tenderer", "contract", contract) == (409, "awards.letters_not_out")
    assert await told("tenderer", "award/annul", {"ground": "choice", "reason": WORDS}) == (
        409,
        "awards.ground_unlawful",
    )
    assert (await told("tenderer", "award/annul", {"ground": "gave_up", "reason": WORDS}))[0] == 200
    assert await told("tenderer", "award", award) == (409, "awards.no_such_candidate")
    assert (await told("tenderer", "award", award | {"rank": 2}))[0] == 200
