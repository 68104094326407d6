"""The verbs of `archive`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from archive.services.closing import approve, decline, propose
from archive.services.composing import compose
from archive.services.sealing import seal
from archive.services.sweeping import sweep

__all__ = ["approve", "compose", "decline", "propose", "seal", "sweep"]
