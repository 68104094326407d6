"""Facts others act on."""

from typing import ClassVar

from trading.kernel.outbox import Event


class NoticePublished(Event, frozen=True):
    """A notice is out: its PDF is to be made."""

    name: ClassVar[str] = "notices.published"

    notice_id: str


class ResultPublished(Event, frozen=True):
    """A result notice is out: its PDF is to be made."""

    name: ClassVar[str] = "notices.result_published"

    notice_id: str
