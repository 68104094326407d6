"""What people and programs send when they object, and when they answer."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class RaiseObjection(Struct, frozen=True):
    """提出异议."""

    text: Annotated[
        str,
        Meta(title="opening.objection.text", description="opening.objection.text.hint", min_length=5, max_length=2000),
    ]


class AnswerObjection(Struct, frozen=True):
    """答复异议."""

    outcome: Annotated[Literal["upheld", "dismissed"], Meta(title="opening.objection.outcome")]
    text: Annotated[
        str,
        Meta(
            title="opening.objection.answer", description="opening.objection.answer.hint", min_length=2, max_length=2000
        ),
    ]
