"""The part of OCDS 1.1.5 that this platform speaks, with the lots and bids extensions and a small one of its own.

What is None or empty is left out: the standard has no use for either. Amounts are decimals, written digit by digit; no
float ever touches one. A fragment is what a module hands over; times and statuses around it are added when it is out.
"""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

Tag = Literal["tender", "tenderUpdate", "award", "awardCancellation", "contract"]
TAGS: tuple[Tag, ...] = ("tender", "tenderUpdate", "award", "awardCancellation", "contract")
VERSION = "1.1"


class _Part(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """Any object of a release."""


class Value(_Part, frozen=True):
    """金额 in yuan, to the fen."""

    amount: Decimal
    currency: str


class Period(_Part, frozen=True):
    """From, to, or how long."""

    start_date: str | None = None
    end_date: str | None = None
    duration_in_days: int | None = None


class Identifier(_Part, frozen=True):
    """An organisation in a register."""

    scheme: str
    id: str
    legal_name: str


class Party(_Part, frozen=True):
    """单位 with its parts in the process."""

    id: str
    name: str
    identifier: Identifier
    roles: tuple[str, ...]


class Reference(_Part, frozen=True):
    """A party by its id."""

    id: str
    name: str


class Document(_Part, frozen=True):
    """文件: where it is, and the SHA-256 of its bytes (`sha256` is of the platform's own extension)."""

    id: str
    document_type: str
    title: str
    url: str
    date_published: str
    format: str
    language: str
    related_lots: tuple[str, ...] = ()
    sha256: str | None = None


class Milestone(_Part, frozen=True):
    """A step of the public timeline."""

    id: str
    title: str
    type: str
    code: str
    status: str
    due_date: str | None = None
    date_met: str | None = None
    related_lots: tuple[str, ...] = ()


class Item(_Part, frozen=True):
    """What is to be built."""

    id: str
    description: str
    related_lot: str


class Lot(_Part, frozen=True):
    """标段; its value is the announced ceiling (最高投标限价)."""

    id: str
    title: str | None = None
    description: str | None = None
    status: str | None = None
    value: Value | None = None
    contract_period: Period | None = None


class Tender(_Part, frozen=True):
    """招标."""

    id: str
    title: str | None = None
    description: str | None = None
    status: str | None = None
    procuring_entity: Reference | None = None
    items: tuple[Item, ...] = ()
    value: Value | None = None
    procurement_method: str | None = None
    procurement_method_details: str | None = None
    main_procurement_category: str | None = None
    award_criteria: str | None = None
    submission_method: tuple[str, ...] = ()
    tender_period: Period | None = None
    enquiry_period: Period | None = None
    eligibility_criteria: str | None = None
    number_of_tenderers: int | None = None
    tenderers: tuple[Reference, ...] = ()
    documents: tuple[Document, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    lots: tuple[Lot, ...] = ()


class Bid(_Part, frozen=True):
    """投标 of an opened lot; `rank` and `total_score` are of the platform's own extension."""

    id: str
    status: str
    tenderers: tuple[Reference, ...] = ()
    value: Value | None = None
    related_lots: tuple[str, ...] = ()
    rank: int | None = None
    total_score: Decimal | None = None


class Bids(_Part, frozen=True):
    """Every bid of a lot."""

    details: tuple[Bid, ...] = ()


class Award(_Part, frozen=True):
    """定标."""

    id: str
    status: str
    title: str | None = None
    date: str | None = None
    value: Value | None = None
    suppliers: tuple[Reference, ...] = ()
    related_lots: tuple[str, ...] = ()
    related_bid: str | None = None
    documents: tuple[Document, ...] = ()


class Contract(_Part, frozen=True, kw_only=True):
    """合同."""

    id: str
    award_id: str = msgspec.field(name="awardID")
    title: str | None = None
    status: str
    value: Value
    date_signed: str
    documents: tuple[Document, ...] = ()


class Fragment(_Part, frozen=True):
    """What a module tells of a project by one act; addresses in it begin at the platform's root."""

    parties: tuple[Party, ...] = ()
    buyer: Reference | None = None
    tender: Tender | None = None
    bids: Bids | None = None
    awards: tuple[Award, ...] = ()
    contracts: tuple[Contract, ...] = ()


class Release(_Part, frozen=True):
    """One act of publication."""

    ocid: str
    id: str
    date: str
    tag: tuple[str, ...]
    initiation_type: str
    language: str
    parties: tuple[Party, ...] = ()
    buyer: Reference | None = None
    tender: Tender | None = None
    bids: Bids | None = None
    awards: tuple[Award, ...] = ()
    contracts: tuple[Contract, ...] = ()


class OpenedBid(msgspec.Struct, frozen=True):
    """A line of the opening table, for who hands it over; None where it could not be opened."""

    env: str
    organisation: str | None
    uscc: str | None
    price_fen: int | None


class Publisher(_Part, frozen=True):
    """Who publishes."""

    name: str
    scheme: str | None = None
    uid: str | None = None
    uri: str | None = None


class StoredRelease(msgspec.Struct, frozen=True):
    """A release as it went out, exact text, and where it stands."""

    id: str
    ocid: str
    project_id: str
    tag: str
    released_at: dt.datetime
    digest: str
    body: bytes
