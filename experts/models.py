"""Tables of the roster and the draw. What is personal is `sealed` and opens with the `personal` key only."""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from trading.kernel.db import Base

_CODE = Text(collation="C")


class RosterChange(Base):
    """What one person proposed for the roster (专家库变更), until another confirms it."""

    __tablename__ = "roster_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes]
    entry_id: Mapped[UUID]
    counts: Mapped[dict[str, Any]]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[dt.datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[dt.datetime | None]


class Expert(Base):
    """One person of the roster, by number; what is known of him is in the current version."""

    __tablename__ = "experts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(_CODE, unique=True)
    person_tag: Mapped[bytes] = mapped_column(unique=True)
    version_id: Mapped[UUID]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    enrolled_at: Mapped[dt.datetime]


class ExpertVersion(Base):
    """What the roster said of an expert from one change to the next: salt and record sealed, the leaf open."""

    __tablename__ = "expert_versions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("experts.id"))
    leaf: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    change_id: Mapped[UUID] = mapped_column(ForeignKey("roster_changes.id"))


class Absence(Base):
    """Leave (请假) or suspension (暂停): while it lasts the expert is not drawn."""

    __tablename__ = "expert_absences"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("experts.id"), index=True)
    kind: Mapped[str]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]
    lifted_at: Mapped[dt.datetime | None]
    change_id: Mapped[UUID] = mapped_column(ForeignKey("roster_changes.id"))


class Snapshot(Base):
    """A roster under its root: the versions that were its leaves, in ascending order of leaves."""

    __tablename__ = "roster_snapshots"

    root: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    versions: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    made_at: Mapped[dt.datetime]


class RosterDay(Base):
    """The root journalled on a day."""

    __tablename__ = "roster_days"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    root: Mapped[str] = mapped_column(ForeignKey("roster_snapshots.root"))
    journalled_at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class Draw(Base):
    """A draw (抽取) for one lot; its announcement is fixed by trigger once it is there."""

    __tablename__ = "draws"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    number: Mapped[int]
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("draws.id"))
    continued: Mapped[bool]
    state: Mapped[str]
    plan: Mapped[dict[str, Any]]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[dt.datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    announced_at: Mapped[dt.datetime | None]
    announcement: Mapped[bytes | None]
    ann: Mapped[str | None] = mapped_column(unique=True)
    roster_root: Mapped[str | None] = mapped_column(ForeignKey("roster_snapshots.root"))
    entry_id: Mapped[UUID | None]
    filtered_entry: Mapped[UUID | None]
    settled_at: Mapped[dt.datetime | None]
    settled_entry: Mapped[UUID | None]
    missing: Mapped[list[Any] | None]
    seed: Mapped[str | None]
    computed_at: Mapped[dt.datetime | None]
    computed_entry: Mapped[UUID | None]
    completed_at: Mapped[dt.datetime | None]
    completed_entry: Mapped[UUID | None]
    recused_at: Mapped[dt.datetime | None]
    unlocked_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_entry: Mapped[UUID | None]
    reason: Mapped[str | None]


class DrawList(Base):
    """One specialty: for every leaf of the snapshot, in its order, `eligible` or why not."""

    __tablename__ = "draw_lists"

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    specialty: Mapped[str]
    root: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(ARRAY(Text))


class DrawParty(Base):
    """One of those who make the randomness: commitment, reveal, where it came from."""

    __tablename__ = "draw_parties"

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"))
    commit: Mapped[str | None]
    committed_at: Mapped[dt.datetime | None]
    commit_entry: Mapped[UUID | None]
    reveal: Mapped[str | None]
    revealed_at: Mapped[dt.datetime | None]
    reveal_entry: Mapped[UUID | None]
    source: Mapped[str | None]


class DrawBeacon(Base):
    """What a witness typed of a beacon; no value says that it did not take place."""

    __tablename__ = "draw_beacons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"))
    position: Mapped[int]
    value: Mapped[str | None]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    at: Mapped[dt.datetime]
    entry_id: Mapped[UUID]


class DrawCall(Base):
    """A call (抽取通知) to the expert at one place of an order, and the gateway's signed record of the answer."""

    __tablename__ = "draw_calls"

    id: Mapped[str] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"))
    specialty: Mapped[str]
    position: Mapped[int]
    version_id: Mapped[UUID] = mapped_column(ForeignKey("expert_versions.id"))
    state: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_entry: Mapped[UUID]
    ends_at: Mapped[dt.datetime | None]
    wrong_pins: Mapped[int]
    record: Mapped[bytes | None]
    answered_at: Mapped[dt.datetime | None]
    entry_id: Mapped[UUID | None]
    recusal: Mapped[str | None]
    recused_at: Mapped[dt.datetime | None]
    recusal_entry: Mapped[UUID | None]


class CommitteeMember(Base):
    """A member of the unlocked committee (评标委员会成员), by pseudonym."""

    __tablename__ = "committee_members"

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    specialty: Mapped[str]
    version_id: Mapped[UUID] = mapped_column(ForeignKey("expert_versions.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"))
    pseudonym: Mapped[str]


class MemberAbsence(Base):
    """That a member of an unlocked committee must be replaced (更换成员): one declares it, another confirms it."""

    __tablename__ = "member_absences"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_id: Mapped[UUID] = mapped_column(ForeignKey("draws.id"))
    seat: Mapped[int]
    code: Mapped[str]
    reason: Mapped[str]
    declared_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    declared_at: Mapped[dt.datetime]
    declared_entry: Mapped[UUID]
    state: Mapped[str]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[dt.datetime | None]
    entry_id: Mapped[UUID | None]


class GatewayMessage(Base):
    """A message to one phone, sealed until it is handed to the gateway and destroyed then."""

    __tablename__ = "gateway_messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes | None]
    made_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
