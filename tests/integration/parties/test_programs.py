"""Bearer tokens and certificates: what a program may do, and for how long."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import Response
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import PASSWORD, SETUP, TOTP, actor_for, make_actor, make_member
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.errors import Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.signing import PlatformKeys
from trading.parties import reads, services
from trading.parties.certificates import possession_message, verify_chain
from trading.parties.errors import CertificateRefused, CertificateUnknown, KeyTaken, PossessionUnproved, StepUpNeeded
from trading.parties.models import TokenRow
from trading.parties.types import Certificate, Enrolled, NewToken


def at_browser(actor: Actor) -> Actor:
    return replace(actor, step_up_at=system_now())


async def program(db: Database, *roles: str, scopes: list[str]) -> tuple[Enrolled, NewToken]:
    async with db.transaction() as session:
        who = await make_member(session, *roles)
        actor = at_browser(await actor_for(session, who))
        return who, await services.make_token(session, actor, name="办公室", scopes=scopes)


def bearer(token: NewToken) -> dict[str, str]:
    return {"authorization": f"Bearer {token.secret}"}


class Key:
    """A key made on somebody's own machine."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def proof(self, membership: object) -> bytes:
        return self.private.sign(possession_message(str(membership), self.public))

    def request(self, membership: object) -> dict[str, str]:
        return {"public_key": self.public.hex(), "possession": self.proof(membership).hex()}


async def test_a_token_does_what_its_scope_says_and_nothing_else(db: Database, visitor: Browser) -> None:
    _, token = await program(db, "trustee", "official", scopes=["trustee"])
    assert (await visitor.get("/v1/for-trustees", headers=bearer(token))).status_code == 200
    assert (await visitor.get("/v1/for-officials", headers=bearer(token))).status_code == 403
    assert (await visitor.get("/v1/me", headers=bearer(token))).json()["roles"] == ["trustee"]
    assert (await visitor.get("/admin/people", headers=bearer(token))).status_code == 403


async def test_a_token_is_no_session(db: Database, visitor: Browser) -> None:
    who, token = await program(db, "trustee", scopes=["trustee"])
    more = await visitor.post("/v1/tokens", json={"name": "x", "scopes": ["trustee"]}, headers=bearer(token))
    assert (more.status_code, more.json()["code"]) == (409, "parties.session_needed")
    issued = await visitor.post("/v1/certificates", json=Key().request(who.membership_id), headers=bearer(token))
    assert issued.status_code == 403
    switched = await visitor.patch("/v1/session", json={"membership_id": str(who.membership_id)}, headers=bearer(token))
    assert switched.status_code == 409


async def test_with_authorization_the_cookie_counts_for_nothing(db: Database, visitor: Browser) -> None:
    who, _ = await program(db, "bidder", scopes=["bidder"])
    await visitor.sign_in(who.login)
    assert (await visitor.get("/v1/me")).status_code == 200
    for scheme in ("Bearer nonsense", "Upload something", "Bearer "):
        assert (await visitor.get("/v1/me", headers={"authorization": scheme})).status_code == 401


async def test_a_token_ends_by_its_owner_its_membership_or_its_account(db: Database, visitor: Browser) -> None:
    for end in ("membership", "account"):
        who, token = await program(db, "trustee", scopes=["trustee"])
        assert (await visitor.get("/v1/me", headers=bearer(token))).status_code == 200
        async with db.transaction() as session:
            if end == "membership":
                await services.end_membership(session, SETUP, membership_id=who.membership_id)
            else:
                await services.disable_account(session, SETUP, account_id=who.account_id)
        assert (await visitor.get("/v1/me", headers=bearer(token))).status_code == 401
    who, token = await program(db, "bidder", scopes=["bidder"])
    await visitor.sign_in(who.login)
    assert "办公室" in (await visitor.get("/me")).text
    assert (await visitor.submit(f"/me/tokens/{token.id}/end")).status_code == 303
    assert (await visitor.get("/v1/me", headers=bearer(token))).status_code == 401


async def test_nobody_ends_the_token_of_another(db: Database, visitor: Browser) -> None:
    _, token = await program(db, "trustee", scopes=["trustee"])
    other, _ = await program(db, "bidder", scopes=["bidder"])
    await visitor.sign_in(other.login)
    assert (await visitor.submit(f"/me/tokens/{token.id}/end")).status_code == 404
    assert (await visitor.get("/v1/me", headers=bearer(token))).status_code == 200


@pytest.mark.parametrize("scopes", [[], ["official"], ["trustee", "official"], ["admin"], ["everything"]])
async def test_a_token_is_never_wider_than_its_membership(session: AsyncSession, scopes: list[str]) -> None:
    actor = at_browser(await make_actor(session, "trustee"))
    with pytest.raises(Invalid) as caught:
        await services.make_token(session, actor, name="x", scopes=scopes)
    assert caught.value.fields["scopes"].code == "parties.scope_too_wide"


async def test_a_token_needs_fresh_proof_and_only_its_hash_is_kept(session: AsyncSession) -> None:
    actor = await make_actor(session, "trustee")
    for stale in (actor, replace(actor, step_up_at=system_now() - timedelta(minutes=16))):
        with pytest.raises(StepUpNeeded):
            await services.make_token(session, stale, name="x", scopes=["trustee"])
    token = await services.make_token(session, at_browser(actor), name="x", scopes=["trustee"])
    row = await session.scalar(select(TokenRow).where(TokenRow.id == token.id))
    assert row is not None
    assert row.token_hash == reads.token_hash(token.secret)
    assert token.secret not in repr(vars(row))


async def test_the_page_shows_a_new_token_once(db: Database, visitor: Browser) -> None:
    async with db.transaction() as session:
        who = await make_member(session, "trustee", totp_secret=TOTP)
    await visitor.sign_in(who.login, totp=totp_now())
    refused = await visitor.submit("/me/tokens/new", name="office", scopes=["official"])
    assert refused.status_code == 422
    assert 'value="office"' in refused.text
    made = await visitor.submit("/me/tokens/new", name="office", scopes=["trustee", "certificates"])
    assert made.status_code == 200
    assert made.text.count("tpt_") == 1
    assert "tpt_" not in (await visitor.get("/me")).text


async def certified(session: AsyncSession, actor: Actor, key: Key, keys: PlatformKeys) -> Certificate:
    return await services.issue_certificate(
        session, actor, public_key=key.public, possession=key.proof(actor.membership_id), ca=keys.ca
    )


async def test_a_certificate_says_who_for_whom_and_verifies_offline(
    session: AsyncSession, platform_keys: PlatformKeys
) -> None:
    actor, key = await make_actor(session, "bidder"), Key()
    made = await certified(session, actor, key, platform_keys)
    assert actor.org_id is not None
    organisation = await reads.organisation(session, actor.org_id)
    authority = await services.authority_certificate(session, platform_keys.ca)
    facts = verify_chain(made.pem, authority, made.not_before + timedelta(days=1))
    assert (facts.name, facts.organisation, facts.uscc) == ("王小明", organisation.name, organisation.uscc)
    assert (facts.public_key, facts.fingerprint) == (key.public, made.fingerprint)
    assert await services.authority_certificate(session, platform_keys.ca) == authority
    assert [held.id for held in await reads.certificates_of(session, made.person_id)] == [made.id]


async def test_only_who_holds_the_key_gets_a_certificate_for_his_own_membership(
    session: AsyncSession, platform_keys: PlatformKeys
) -> None:
    actor, other, key = await make_actor(session), await make_actor(session), Key()
    for proof in (key.proof(other.membership_id), Key().proof(actor.membership_id), b"\0" * 64, b""):
        with pytest.raises(PossessionUnproved):
            await services.issue_certificate(
                session, actor, public_key=key.public, possession=proof, ca=platform_keys.ca
            )
    first = await certified(session, actor, key, platform_keys)
    assert await certified(session, actor, key, platform_keys) == first
    with pytest.raises(KeyTaken):
        await certified(session, other, key, platform_keys)


async def test_a_certificate_is_judged_at_the_signing_moment(
    session: AsyncSession, platform_keys: PlatformKeys
) -> None:
    actor = await make_actor(session)
    key = Key()
    made = await certified(session, actor, key, platform_keys)
    during = made.not_before + timedelta(seconds=1)
    assert (await reads.certificate_valid_at(session, made.pem, during)).fingerprint == made.fingerprint
    for at, reason in ((made.not_before - timedelta(seconds=1), "time"), (made.not_after, "time")):
        with pytest.raises(CertificateRefused) as caught:
            await reads.certificate_valid_at(session, made.fingerprint, at)
        assert caught.value.reason == reason
    await services.revoke_certificate(session, actor, certificate_id=made.id)
    revoked = (await reads.certificates_of(session, made.person_id))[0].revoked_at
    assert revoked is not None
    with pytest.raises(CertificateRefused) as caught:
        await reads.certificate_valid_at(session, made.fingerprint, revoked)
    assert caught.value.reason == "revoked"
    assert (await reads.certificate_valid_at(session, made.fingerprint, revoked - timedelta(microseconds=1))).uscc
    with pytest.raises(KeyTaken):
        await certified(session, actor, key, platform_keys)


async def test_a_certificate_of_nobodys_issue_is_refused(session: AsyncSession) -> None:
    with pytest.raises(CertificateRefused) as caught:
        await reads.certificate_valid_at(session, "00" * 32, system_now())
    assert caught.value.reason == "chain"


async def test_nobody_revokes_the_certificate_of_another(session: AsyncSession, platform_keys: PlatformKeys) -> None:
    made = await certified(session, await make_actor(session), Key(), platform_keys)
    with pytest.raises(CertificateUnknown):
        await services.revoke_certificate(session, await make_actor(session), certificate_id=made.id)
    at_work = replace(await make_actor(session), session_id=None)
    with pytest.raises(Forbidden):
        await services.revoke_certificate(session, at_work, certificate_id=made.id)
    await services.revoke_certificate(session, await make_actor(session, "admin"), certificate_id=made.id)


async def test_a_certificate_is_asked_for_listed_downloaded_and_revoked(db: Database, visitor: Browser) -> None:
    async with db.transaction() as session:
        who = await make_member(session, "bidder")
    await visitor.sign_in(who.login)
    csrf = {"x-csrf-token": visitor.cookies["csrf"]}

    async def ask(body: dict[str, str]) -> Response:
        return await visitor.post("/v1/certificates", json=body, headers=csrf)

    good = Key().request(who.membership_id)
    assert (await ask({**good, "public_key": "zz"})).status_code == 422
    assert (await ask({**good, "public_key": "00" * 32})).json()["code"] == "parties.possession_unproved"
    issued = await ask(good)
    assert issued.status_code == 201
    assert issued.json()["ca"] == (await visitor.get("/v1/ca")).text
    assert issued.json()["not_after"].endswith(".000Z")
    page = (await visitor.get("/me")).text
    assert issued.json()["serial"] in page
    assert f'data-membership="{who.membership_id}"' in page
    file = await visitor.get(f"/me/certificates/{issued.json()['id']}/file")
    assert file.text == issued.json()["pem"]
    assert (await visitor.submit(f"/me/certificates/{issued.json()['id']}/revoke")).status_code == 303
    assert "吊销" in (await visitor.get("/me")).text


async def test_a_program_may_ask_for_its_owners_certificate_when_told_so(db: Database, visitor: Browser) -> None:
    who, token = await program(db, "bidder", scopes=["certificates"])
    issued = await visitor.post("/v1/certificates", json=Key().request(who.membership_id), headers=bearer(token))
    assert issued.status_code == 201
    assert PASSWORD not in issued.text
