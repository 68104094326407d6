"""The verbs of roster and draw: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""
