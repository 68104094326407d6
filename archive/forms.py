"""What people and programs send to the archive."""

from typing import Annotated

from msgspec import Meta, Struct


class ProposalForm(Struct, frozen=True):
    """提出归档; words are asked for only where something is missing."""

    reason: Annotated[str, Meta(max_length=2000, title="archive.field.reason", description="archive.hint.reason")] = ""


class DeclineForm(Struct, frozen=True):
    """退回."""

    words: Annotated[
        str, Meta(min_length=5, max_length=2000, title="archive.field.words", description="archive.hint.words")
    ]
