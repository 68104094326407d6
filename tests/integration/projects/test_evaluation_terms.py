"""Terms of evaluation from the draft to the lot, the documents and the journal."""

import json

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor
from tests.factories.projects import LOT, PROFILE, add_document, make_draft, make_official, make_project
from trading.kernel.errors import Invalid
from trading.kernel.objects import ObjectStore
from trading.projects import reads, service
from trading.projects.forms import EvaluationDraft, ItemDraft, PriceDraft
from trading.projects.types import EvaluationTerms
from trading.records import reads as records

OWN = EvaluationDraft(
    price=PriceDraft(full=5000, above=80, below=40, k=150),
    items=(ItemDraft(title="施工方案", full=3000), ItemDraft(title="信用", full=2000)),
)


async def test_who_asks_for_none_gets_the_proposal_and_the_journal_says_so(session: AsyncSession) -> None:
    await make_official(session)
    project, _ = await make_project(session)
    (lot,) = project.lots
    assert PROFILE.evaluation is not None
    assert lot.evaluation == PROFILE.evaluation.numbered()
    body = await session.scalar(
        text("SELECT body FROM journal_entries WHERE subject = :subject ORDER BY id LIMIT 1"),
        {"subject": f"project:{project.id}"},
    )
    told = json.loads(body)["payload"]["lots"][0]["evaluation"]
    assert msgspec.convert(told, EvaluationTerms) == lot.evaluation


async def test_own_terms_are_kept_filed_with_the_documents_and_never_changed(
    session: AsyncSession, objects: ObjectStore
) -> None:
    await make_official(session)
    project, tenderer = await make_project(session, lots=(msgspec.structs.replace(LOT, evaluation=OWN),))
    (lot,) = project.lots
    assert lot.evaluation is not None
    assert [(item.id, item.title, item.full) for item in lot.evaluation.items] == [
        ("item-1", "施工方案", 3000),
        ("item-2", "信用", 2000),
    ]
    await add_document(session, objects, tenderer, project)
    await add_document(session, objects, tenderer, project, data=b"%PDF-1.7 second")
    filed = await records.records_of(session, f"lot:{lot.id}")
    assert [record.media_type for record in filed] == ["application/pdf", "application/json", "application/pdf"]
    assert await objects.get(filed[1].digest) == lot.evaluation.text()
    assert await reads.documents_root(session, lot.id)
    with pytest.raises(DBAPIError):
        await session.execute(text("UPDATE lots SET evaluation = NULL"))


async def test_every_problem_of_the_terms_is_told_beside_its_field(session: AsyncSession) -> None:
    await make_official(session)
    wrong = EvaluationDraft(
        price=PriceDraft(full=5000, above=40, below=40, k=1500), items=(ItemDraft(title="施工方案", full=3000),)
    )
    actor = await make_actor(session, "tenderer")
    project_id = await make_draft(session, actor, lots=(msgspec.structs.replace(LOT, evaluation=wrong),))
    with pytest.raises(Invalid) as refused:
        await service.check_registration(session, actor, project_id=project_id)
    assert {name: problem.code for name, problem in refused.value.fields.items()} == {
        "lots.0.evaluation.items": "projects.evaluation_items",
        "lots.0.evaluation.price.full": "projects.evaluation_total",
        "lots.0.evaluation.price.above": "projects.evaluation_slopes",
        "lots.0.evaluation.price.k": "projects.evaluation_k",
    }
    half = EvaluationDraft(price=PriceDraft(full=5000), items=(ItemDraft(title="施工方案"),))
    project_id = await make_draft(session, actor, lots=(msgspec.structs.replace(LOT, evaluation=half),))
    with pytest.raises(Invalid) as refused:
        await service.check_registration(session, actor, project_id=project_id)
    assert refused.value.fields["lots.0.evaluation.price.k"].code == "web.required"
    assert refused.value.fields["lots.0.evaluation.items.0.full"].code == "web.required"
