"""What people and programs send about refunds."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

_Reason = Annotated[
    str, Meta(min_length=2, max_length=1000, title="funds.field.reason", description="funds.hint.reason")
]


class BatchForm(Struct, frozen=True):
    """付款文件: which refunds, and the day the money goes."""

    refunds: Annotated[tuple[UUID, ...], Meta(max_length=500, title="funds.field.refunds")] = ()
    value_on: Annotated[dt.date | None, Meta(title="funds.field.value_on", description="funds.hint.value_on")] = None


class ApproveForm(Struct, frozen=True):
    """复核: the digest that was looked at."""

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", title="funds.file_digest")]


class DeclineForm(Struct, frozen=True):
    """退回."""

    reason: _Reason


class AccountForm(Struct, frozen=True):
    """变更退款账户."""

    account: Annotated[str, Meta(min_length=4, max_length=64, title="funds.field.account")]
    reason: _Reason


class WithholdForm(Struct, frozen=True):
    """不予退还."""

    org_id: Annotated[UUID, Meta(title="funds.field.depositor")]
    ground: Annotated[str, Meta(min_length=1, max_length=40, title="funds.field.ground")]
    reason: _Reason


class RequestForm(Struct, frozen=True):
    """撤回保证金: signed with the key of one's certificate."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]
