"""The platform's side of the gateway (呼叫网关): it hands over messages and calls and asks what became of one.

Every request may be repeated: the gateway knows a message or a call by its id.
"""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from experts.errors import NoGateway
from trading.kernel.settings import GatewaySettings

_TIMEOUT = httpx.Timeout(15.0, connect=5.0)


class Reply(msgspec.Struct, frozen=True):
    """What the gateway has of a call: its signed file, and for an acceptance what opens the PIN's commitment."""

    answer: str
    pin: str | None = None
    salt: str | None = None


class Window(msgspec.Struct, frozen=True):
    """From when to when a call waits for its answer, as the gateway keeps it."""

    called_at: str
    ends_at: str


class Gateway:
    """One gateway, with the platform's token for it."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings

    async def send_messages(self, messages: Sequence[dict[str, Any]]) -> None:
        """Texts to phones; no answer is expected."""
        await self._post("/messages", {"messages": list(messages)})

    async def call(self, call: dict[str, Any]) -> Window:
        """Ring up and ask; told twice, the first time counts."""
        answer = await self._post("/calls", call)
        return msgspec.convert(answer.json(), Window)

    async def close(self, call_id: str) -> Reply:
        """The window is over: the record of the answer, or that there was none."""
        answer = await self._post(f"/calls/{call_id}/close", {})
        return msgspec.convert(answer.json(), Reply)

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        if not self.settings.url:
            raise NoGateway
        headers = {"authorization": f"Bearer {self.settings.token}"}
        try:
            async with httpx.AsyncClient(base_url=self.settings.url, timeout=_TIMEOUT, headers=headers) as http:
                answer = await http.post(path, json=body)
                answer.raise_for_status()
        except httpx.HTTPError as error:
            # Its text would name the address called, and the address is nobody's business in a log.
            raise NoGateway from error
        return answer
