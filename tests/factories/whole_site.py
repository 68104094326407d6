"""The whole web application, in process, over a database and a store of a test's own."""

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from msgspec.structs import replace

from portal.app import create_app
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.site import ORIGIN, make_settings
from trading.kernel.clock import system_now
from trading.kernel.identity import Actor
from trading.kernel.live import LiveHub
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import GatewaySettings, KeysSettings, ObjectsSettings, Settings
from trading.kernel.tasks import Resources
from trading.parties.services import make_token


class WholeSite:
    """Every route there is, with the tests' platform keys; clients are made by bearer token."""

    def __init__(
        self,
        urls: DatabaseUrls,
        settings: ObjectsSettings,
        objects: ObjectStore | None = None,
        gateway: GatewaySettings | None = None,
    ) -> None:
        self.urls = urls
        self.settings = make_settings(urls.app_dsn, settings, KeysSettings(Path("unused"), "unused"))
        if gateway is not None:
            self.settings = replace(self.settings, gateway=gateway)
        self.resources = Resources(self.settings, keys=make.KEYS)
        if objects is not None:
            self.resources.objects = objects
        self.database = self.resources.database
        self.app, self._give_back = _APPLICATION.lend(self.settings, self.resources)
        self._clients: list[AsyncClient] = []

    def client(self, authorization: str = "") -> AsyncClient:
        """Nobody, or who this header says."""
        headers = {"accept-language": "en", "origin": ORIGIN}
        headers |= {"authorization": authorization} if authorization else {}
        transport = ASGITransport(self.app)  # type: ignore[arg-type]  # two spellings of the same ASGI types
        made = AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
        self._clients.append(made)
        return made

    async def as_(self, actor: Actor) -> AsyncClient:
        """The program of a person, with all the person's rights."""
        async with self.database.transaction() as session:
            signed_in = replace(actor, step_up_at=system_now())
            token = await make_token(session, signed_in, name="test", scopes=sorted(actor.roles))
        return self.client(f"Bearer {token.secret}")

    async def close(self) -> None:
        """Every connection."""
        for made in self._clients:
            await made.aclose()
        await self.database.close()
        self._give_back()


class _Application:
    """One application a process, lent to one site after another: making it takes longer than most tests.

    Who asks while it is lent gets another of his own.
    """

    def __init__(self) -> None:
        self._made: tuple[Litestar, Resources, dict[str, Any]] | None = None
        self._lent = False

    def lend(self, settings: Settings, resources: Resources) -> tuple[Litestar, Callable[[], None]]:
        """The application over these resources, and how to give it back."""
        if self._lent:
            return create_app(settings, resources), lambda: None
        if self._made is None:
            behind = copy(resources)
            app = create_app(settings, behind)
            self._made = app, behind, dict(app.state.items())
        app, behind, state = self._made
        vars(behind).update(vars(resources))
        for name in set(app.state) - set(state):
            del app.state[name]
        app.state.update({**state, "database": resources.database, "hub": LiveHub(resources.database)})
        self._lent = True
        return app, self._take_back

    def _take_back(self) -> None:
        self._lent = False


_APPLICATION = _Application()
