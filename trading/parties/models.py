"""Tables of people and their rights. Names are personal data: they live here, the journal only commits to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base
from trading.parties.roles import ORGANISATION_KINDS, ROLES, SCOPES

_CODE = Text(collation="C")  # codes are compared byte for byte


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _some_of(column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(repr(value) for value in values)
    return f"cardinality({column}) > 0 AND {column} <@ ARRAY[{listed}]::text[]"


class OrganisationRow(Base):
    """单位: known by its 统一社会信用代码."""

    __tablename__ = "organisations"
    __table_args__ = (CheckConstraint(_one_of("kind", ORGANISATION_KINDS), name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    uscc: Mapped[str] = mapped_column(_CODE, unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[datetime]


class PersonRow(Base):
    """自然人."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class AccountRow(Base):
    """A way to sign in. `totp_step` is the last time step whose code was used, so that no code works twice."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("NOT staff OR totp_secret IS NOT NULL", name="staff_second_factor"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    login: Mapped[str] = mapped_column(_CODE, unique=True)
    password_hash: Mapped[str]
    totp_secret: Mapped[str | None]
    totp_step: Mapped[int | None]
    staff: Mapped[bool]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class MembershipRow(Base):
    """A person acting for an organisation in some roles; at most one that stands for each pair."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(_some_of("roles", ROLES), name="roles"),
        Index("uq_memberships_standing", "person_id", "org_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_memberships_org_id", "org_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SessionRow(Base):
    """A signed-in browser. The token itself is only in its cookie; times are the system clock's."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    step_up_at: Mapped[datetime]


class SignInAttemptRow(Base):
    """A sign-in that has not succeeded (yet), for throttling. Login and address are kept as hashes, for a day."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_login_hash_at", "login_hash", "at"),
        Index("ix_sign_in_attempts_address_hash_at", "address_hash", "at"),
        Index("ix_sign_in_attempts_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_hash: Mapped[bytes]
    address_hash: Mapped[bytes]
    at: Mapped[datetime]


class InvitationRow(Base):
    """A link that opens one account (邀请), once and for a while. The second factor's secret is there only until then.

    Times are the system clock's, as for every credential.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(_some_of("roles", ROLES), name="roles"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="ends_once"),
        CheckConstraint("(accepted_at IS NULL) = (joined_person_id IS NULL)", name="joined"),
        CheckConstraint("totp_secret IS NULL OR (accepted_at IS NULL AND revoked_at IS NULL)", name="secret_gone"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    person: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    totp_secret: Mapped[str | None]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    joined_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None]


class TokenRow(Base):
    """A program's bearer token (程序令牌): some scopes of one membership."""

    __tablename__ = "api_tokens"
    __table_args__ = (CheckConstraint(_some_of("scopes", SCOPES), name="scopes"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    name: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuthorityRow(Base):
    """The demonstration CA's own certificate, made once for its key so that every process shows the same bytes."""

    __tablename__ = "certificate_authorities"

    kid: Mapped[str] = mapped_column(_CODE, primary_key=True)
    pem: Mapped[str]
    created_at: Mapped[datetime]


class SealRow(Base):
    """The certificate of the seal on PDF documents: the trading centre's, one for each key."""

    __tablename__ = "seal_certificates"

    kid: Mapped[str] = mapped_column(_CODE, primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    fingerprint: Mapped[str] = mapped_column(_CODE)
    pem: Mapped[str]
    created_at: Mapped[datetime]


class CertificateRow(Base):
    """A certificate issued to a person of an organisation; times are the platform's, as signatures are judged by it."""

    __tablename__ = "certificates"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    serial: Mapped[str] = mapped_column(_CODE, unique=True)
    fingerprint: Mapped[str] = mapped_column(_CODE, unique=True)
    public_key: Mapped[bytes] = mapped_column(unique=True)
    pem: Mapped[str]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
