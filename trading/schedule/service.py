"""The verbs of `trading.schedule`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.schedule.services.booking import book, cancel, move
from trading.schedule.services.proposing import propose
from trading.schedule.services.rooms import add_room, change_room, close_room, reopen_room

__all__ = ["add_room", "book", "cancel", "change_room", "close_room", "move", "propose", "reopen_room"]
