"""Organisations, people, accounts and memberships: who may be what, and what ends it."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import (
    PASSWORD,
    SETUP,
    actor_for,
    make_actor,
    make_member,
    make_organisation,
    new_uscc,
)
from trading.kernel.errors import Forbidden, Invalid
from trading.parties import reads, services
from trading.parties.errors import (
    AlreadyMember,
    MembershipUnknown,
    OrganisationUnknown,
    SecondFactorMissing,
    SelfGranted,
)


def codes(caught: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {name: problem.code for name, problem in caught.value.fields.items()}


async def entries(session: AsyncSession, subject: str) -> list[dict[str, object]]:
    rows = await session.execute(
        text("SELECT body FROM journal_entries WHERE subject = :subject ORDER BY id"), {"subject": subject}
    )
    return [json.loads(row.body) for row in rows]


async def test_an_organisation_is_registered_once_and_journalled(session: AsyncSession) -> None:
    code = new_uscc()
    made = await services.register_organisation(
        session, SETUP, uscc=f" {code.lower()} ", name="城建集团", kind="enterprise"
    )
    assert (made.name, made.uscc, made.kind) == ("城建集团", code, "enterprise")
    assert await reads.organisation(session, made.id) == made
    assert await reads.organisation_by_uscc(session, code) == made
    entry = (await entries(session, f"organisation:{made.id}"))[0]
    assert (entry["action"], entry["payload"]) == (
        "parties:organisation:registered",
        {"uscc": code, "name": "城建集团", "kind": "enterprise"},
    )
    with pytest.raises(Invalid) as caught:
        await services.register_organisation(session, SETUP, uscc=code, name="另一家", kind="enterprise")
    assert codes(caught) == {"uscc": "parties.uscc_taken"}


async def test_every_problem_of_an_organisation_is_said_at_once(session: AsyncSession) -> None:
    with pytest.raises(Invalid) as caught:
        await services.register_organisation(session, SETUP, uscc="91110000600037341M", name=" ", kind="club")
    assert codes(caught) == {"uscc": "parties.bad_uscc", "name": "web.required", "kind": "web.bad_choice"}


async def test_names_and_logins_enter_the_journal_as_commitments_only(session: AsyncSession) -> None:
    member = await make_member(session, person="欧阳不公开", login="secret-login")
    bodies = json.dumps(
        await entries(session, f"person:{member.person_id}")
        + await entries(session, f"account:{member.account_id}")
        + await entries(session, f"membership:{member.membership_id}"),
        ensure_ascii=False,
    )
    assert bodies.count('"committed"') == 3
    assert "欧阳" not in bodies
    assert "secret-login" not in bodies


@pytest.mark.parametrize("role", ["official", "bidder", "supervisor"])
async def test_only_the_administrator_brings_people_in(session: AsyncSession, role: str) -> None:
    actor = await make_actor(session, role)
    org = await make_organisation(session)
    for attempt in (
        services.register_organisation(session, actor, uscc=new_uscc(), name="x"),
        services.enrol(
            session, actor, organisation=org.id, person="x", login="xyz", password=PASSWORD, roles=["bidder"]
        ),
        services.disable_account(session, actor, account_id=org.id),
        services.end_membership(session, actor, membership_id=org.id),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_login_is_opened_once_whatever_its_case(session: AsyncSession) -> None:
    await make_member(session, login="zhang.san")
    with pytest.raises(Invalid) as caught:
        await make_member(session, login="Zhang.SAN")
    assert codes(caught) == {"login": "parties.login_taken"}


async def test_a_staff_account_gets_a_second_factor_and_a_bidders_does_not(session: AsyncSession) -> None:
    staff = await make_member(session, "official")
    bidder = await make_member(session, "bidder")
    assert staff.totp_secret
    assert bidder.totp_secret is None
    detail = await reads.person_detail(session, staff.person_id)
    assert [(account.staff, account.second_factor) for account in detail.accounts] == [(True, True)]


async def test_a_staff_role_waits_for_the_second_factor(session: AsyncSession) -> None:
    member = await make_member(session, "bidder")
    centre = await make_organisation(session, kind="centre")
    with pytest.raises(SecondFactorMissing):
        await services.grant_membership(session, SETUP, person_id=member.person_id, org_id=centre.id, roles=["expert"])
    await services.reset_second_factor(session, SETUP, account_id=member.account_id)
    granted = await services.grant_membership(
        session, SETUP, person_id=member.person_id, org_id=centre.id, roles=["expert"]
    )
    assert granted.roles == ("expert",)
    assert (await reads.account(session, member.account_id)).staff


async def test_a_closed_account_without_second_factor_is_not_opened_for_staff(session: AsyncSession) -> None:
    member, centre = await make_member(session, "bidder"), await make_organisation(session, kind="centre")
    await services.disable_account(session, SETUP, account_id=member.account_id)
    await services.grant_membership(session, SETUP, person_id=member.person_id, org_id=centre.id, roles=["expert"])
    with pytest.raises(SecondFactorMissing):
        await services.enable_account(session, SETUP, account_id=member.account_id)
    await services.reset_second_factor(session, SETUP, account_id=member.account_id)
    await services.enable_account(session, SETUP, account_id=member.account_id)
    assert (await reads.account(session, member.account_id)).disabled_at is None


async def test_a_second_account_of_a_staff_member_has_a_second_factor_too(session: AsyncSession) -> None:
    member = await make_member(session, "supervisor")
    second = await services.open_account(
        session, SETUP, person_id=member.person_id, login="supervisor-2", password=PASSWORD
    )
    assert second.totp_secret


async def test_the_administrator_holds_no_business_role_in_any_organisation(session: AsyncSession) -> None:
    org, other = await make_organisation(session), await make_organisation(session)
    with pytest.raises(Invalid) as caught:
        await make_member(session, "admin", "official", org=org)
    assert codes(caught) == {"roles": "parties.admin_alone"}
    admin, official = await make_member(session, "admin", org=org), await make_member(session, "official", org=org)
    for person, roles in ((admin.person_id, ["bidder"]), (official.person_id, ["admin"])):
        with pytest.raises(Invalid) as caught:
            await services.grant_membership(session, SETUP, person_id=person, org_id=other.id, roles=roles)
        assert codes(caught) == {"roles": "parties.admin_alone"}


async def test_nobody_grants_or_ends_his_own_rights(session: AsyncSession) -> None:
    member = await make_member(session, "admin")
    admin = await actor_for(session, member)
    other = await make_organisation(session)
    with pytest.raises(SelfGranted):
        await services.grant_membership(session, admin, person_id=member.person_id, org_id=other.id, roles=["admin"])
    with pytest.raises(SelfGranted):
        await services.end_membership(session, admin, membership_id=member.membership_id)
    with pytest.raises(SelfGranted):
        await services.reset_second_factor(session, admin, account_id=member.account_id)


async def test_one_standing_membership_a_person_and_organisation(session: AsyncSession) -> None:
    org = await make_organisation(session)
    member = await make_member(session, "bidder", org=org)
    with pytest.raises(AlreadyMember):
        await services.grant_membership(session, SETUP, person_id=member.person_id, org_id=org.id, roles=["tenderer"])
    await services.end_membership(session, SETUP, membership_id=member.membership_id)
    again = await services.grant_membership(
        session, SETUP, person_id=member.person_id, org_id=org.id, roles=["tenderer"]
    )
    assert [held.id for held in await reads.memberships_of(session, member.person_id)] == [again.id]
    with pytest.raises(MembershipUnknown):
        await services.end_membership(session, SETUP, membership_id=member.membership_id)


async def test_an_unknown_role_or_organisation_is_refused(session: AsyncSession) -> None:
    member, other = await make_member(session), await make_organisation(session)
    with pytest.raises(Invalid) as caught:
        await services.grant_membership(
            session, SETUP, person_id=member.person_id, org_id=other.id, roles=["bidder", "king"]
        )
    assert caught.value.fields["roles"].code == "parties.unknown_role"
    with pytest.raises(OrganisationUnknown):
        await services.grant_membership(
            session, SETUP, person_id=member.person_id, org_id=member.person_id, roles=["bidder"]
        )


async def test_who_acts_in_a_role(session: AsyncSession) -> None:
    org = await make_organisation(session, name="公证处", kind="notary")
    seat = await make_member(session, "trustee", "notary", org=org, person="赵公证")
    gone = await make_member(session, "trustee", org=org)
    await services.end_membership(session, SETUP, membership_id=gone.membership_id)
    assert [
        (held.id, held.person_name, held.roles)
        for held in await reads.people_of_role(session, "trustee", org_id=org.id)
    ] == [(seat.membership_id, "赵公证", ("trustee", "notary"))]


async def test_search_finds_by_name_and_by_code_and_takes_no_wildcard(session: AsyncSession) -> None:
    org = await make_organisation(session, name="百分之百%建设")
    await make_organisation(session, name="别的公司")
    assert [found.id for found in await reads.organisations(session, search="百%建")] == [org.id]
    assert [found.id for found in await reads.organisations(session, search=org.uscc.lower())] == [org.id]
    assert org.id not in {found.id for found in await reads.organisations(session, search="百_百")}
