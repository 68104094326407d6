"""What people and programs send about an alert."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from supervision.types import Outcome, Role

_Words = Meta(min_length=5, max_length=3000)


class AssignForm(Struct, frozen=True):
    """交办."""

    membership_id: Annotated[UUID, Meta(title="supervision.field.assignee", description="supervision.hint.assignee")]


class AskForm(Struct, frozen=True):
    """询问."""

    party: Annotated[Role, Meta(title="supervision.field.party")]
    text: Annotated[str, _Words, Meta(title="supervision.field.question", description="supervision.hint.question")]


class AnswerForm(Struct, frozen=True):
    """答复."""

    text: Annotated[str, _Words, Meta(title="supervision.field.answer", description="supervision.hint.answer")]


class CloseForm(Struct, frozen=True):
    """办结."""

    outcome: Annotated[Outcome, Meta(title="supervision.field.outcome")]
    reason: Annotated[str, _Words, Meta(title="supervision.field.reason", description="supervision.hint.reason")]
