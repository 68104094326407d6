"""What reads and services hand out: frozen structs, no row of the database ever leaves this package."""

from datetime import datetime
from uuid import UUID

import msgspec

from trading.kernel.identity import Actor


class Organisation(msgspec.Struct, frozen=True):
    """单位."""

    id: UUID
    name: str
    uscc: str
    kind: str
    created_at: datetime


class Person(msgspec.Struct, frozen=True):
    """自然人."""

    id: UUID
    name: str
    created_at: datetime


class Membership(msgspec.Struct, frozen=True):
    """A person acting for an organisation."""

    id: UUID
    person_id: UUID
    person_name: str
    org_id: UUID
    org_name: str
    roles: tuple[str, ...]
    ended_at: datetime | None = None


class Account(msgspec.Struct, frozen=True):
    """An account as an administrator sees it: no secret in it."""

    id: UUID
    person_id: UUID
    login: str
    staff: bool
    second_factor: bool
    disabled_at: datetime | None = None


class PersonDetail(msgspec.Struct, frozen=True):
    """A person with every way to sign in and every right."""

    id: UUID
    name: str
    created_at: datetime
    accounts: tuple[Account, ...]
    memberships: tuple[Membership, ...]


class Token(msgspec.Struct, frozen=True):
    """A program's token without its secret."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    org_name: str
    created_at: datetime
    ended_at: datetime | None = None


class NewToken(msgspec.Struct, frozen=True):
    """A program's token just made; the secret is shown this once."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    secret: str


class Certificate(msgspec.Struct, frozen=True):
    """An issued certificate (数字证书)."""

    id: UUID
    person_id: UUID
    org_id: UUID
    serial: str
    fingerprint: str
    public_key: bytes
    pem: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None


class OpenedAccount(msgspec.Struct, frozen=True):
    """An account just opened; the second factor's secret is shown this once."""

    id: UUID
    login: str
    totp_secret: str | None


class Enrolled(msgspec.Struct, frozen=True):
    """A person who can sign in and act, made in one go."""

    person_id: UUID
    account_id: UUID
    membership_id: UUID
    login: str
    totp_secret: str | None


class SignedIn(msgspec.Struct, frozen=True):
    """A new session: its token goes into the cookie and nowhere else."""

    token: str
    actor: Actor
    memberships: tuple[Membership, ...]


class OpenSession(msgspec.Struct, frozen=True):
    """A browser in which an account is signed in."""

    created_at: datetime
    seen_at: datetime
    is_this: bool


class Invitation(msgspec.Struct, frozen=True):
    """An invitation (邀请) as its makers see it: without its link."""

    id: UUID
    person: str
    org_id: UUID
    org_name: str
    roles: tuple[str, ...]
    invited_by: str
    created_at: datetime
    expires_at: datetime
    state: str
    """`open`, `accepted`, `revoked` or `expired`."""


class NewInvitation(msgspec.Struct, frozen=True):
    """An invitation just made; the link's secret is shown this once."""

    id: UUID
    secret: str
    person: str
    org_name: str
    roles: tuple[str, ...]
    expires_at: datetime


class OpenInvitation(msgspec.Struct, frozen=True):
    """What whoever holds the link sees: who is invited for what, and for staff the second factor to keep."""

    person: str
    org_name: str
    roles: tuple[str, ...]
    expires_at: datetime
    totp_secret: str | None


class IssuedCertificate(msgspec.Struct, frozen=True):
    """A certificate in the administrator's list: whose, and how long it is good."""

    id: UUID
    person_id: UUID
    person_name: str
    org_name: str
    serial: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    state: str
    """`good`, `revoked` or `expired`."""


class HeldToken(msgspec.Struct, frozen=True):
    """A program's token in the administrator's list."""

    id: UUID
    name: str
    person_id: UUID
    person_name: str
    org_name: str
    scopes: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None

    @property
    def state(self) -> str:
        """`standing` or `ended`."""
        return "ended" if self.ended_at else "standing"
