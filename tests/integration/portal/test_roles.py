"""R39: every route asked as every role; a permit that changes fails here until somebody changes `roles.txt`."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import msgspec
import pyotp
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from portal.app import create_app
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.parties import PASSWORD, TOTP, make_member
from tests.factories.site import make_settings
from tests.integration.portal.asking import Answered, ask, kept
from trading.kernel.clock import system_now
from trading.kernel.identity import ANONYMOUS
from trading.kernel.live import LiveHub
from trading.kernel.settings import KeysSettings, ObjectsSettings
from trading.kernel.tasks import Resources
from trading.parties import services
from trading.parties.roles import ROLES, SCOPES, needs_second_factor

TABLE = Path(__file__).with_name("roles.txt")
EDIT = "edit tests/integration/portal/roles.txt (its head says how)"
SAFE = {"GET", "HEAD"}
PASSED = "web.csrf"
"""What an order without a page's token is told once the permit has admitted it: nothing is changed by asking."""
ENDS = {"/sign-out", "/me/sessions/end", "/v1/session", "/v1/sessions"}
SECRET = "5" * 32
# What one value of each kind of path parameter looks like when nothing has it.
NOTHING = {"uuid": str(uuid.UUID(int=(1 << 127) + 7)), "int": "2", "str": "0" * 32, "path": "0/000"}


@dataclass(frozen=True)
class Line:
    """One method of one line of the table."""

    method: str
    path: str
    who: frozenset[str]

    def admits(self, role: str) -> bool:
        if role == "":
            return "everyone" in self.who
        return bool(self.who & {"everyone", "signed-in", role})


def table() -> Iterator[Line]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            methods, path, who = line.split("|")
            for method in methods.split():
                yield Line(method, path.strip(), frozenset(who.split()))


LINES = {(line.method, line.path): line for line in table()}


def spelled(route: HTTPRoute, parameter: Callable[[str, str], str]) -> str:
    """The route's path with each parameter (name, kind) written as the caller likes."""
    parts = (p if isinstance(p, str) else parameter(p.name, p.type.__name__.lower()) for p in route.path_components)
    return "/" + "/".join(parts)


def routes(app: Litestar) -> dict[tuple[str, str], str]:
    """(method, path as in the table) → an address to ask."""
    found = {}
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: only HTTP routes are guarded"
        path = spelled(route, lambda name, _: f"{{{name}}}")
        for handler in route.route_handlers:
            assert isinstance(handler, HTTPRouteHandler)
            for method in handler.http_methods - {"OPTIONS"}:
                found[str(method), path] = spelled(route, lambda _, kind: NOTHING[kind])
    return found


@dataclass(frozen=True)
class House:
    """The whole application, and a way in for each role."""

    app: Litestar
    addresses: dict[tuple[str, str], str]
    urls: DatabaseUrls
    keys: dict[str, dict[str, str]]
    """Role → the headers of its browser; `""` is nobody."""
    programs: dict[str, dict[str, str]]
    """Scope → the headers of a program whose owner holds every role there is but the administrator's."""

    async def ask(self, line: Line, headers: dict[str, str], body: bytes = b"") -> Answered:
        return await ask(self.app, line.method, self.addresses[line.method, line.path], headers, body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], object_settings: ObjectsSettings
) -> AsyncIterator[House]:
    with new_database() as urls:
        settings = make_settings(urls.app_dsn, object_settings, KeysSettings(Path("unused"), "unused"))
        settings = msgspec.structs.replace(settings, web=msgspec.structs.replace(settings.web, demo=True))
        resources = Resources(settings, keys=make.KEYS)
        app = create_app(settings, resources)
        app.state.hub = LiveHub(resources.database)
        await app.state.hub.start()
        async with resources.database.transaction() as session:
            keys: dict[str, dict[str, str]] = {"": {}}
            for role in ROLES:
                totp = TOTP if needs_second_factor([role]) else None
                who = await make_member(session, role, login=f"the-{role}", totp_secret=totp)
                code = pyotp.TOTP(TOTP).now() if totp else ""
                signed_in = await services.sign_in(
                    session, ANONYMOUS, login=f"the-{role}", password=PASSWORD, totp=code
                )
                assert signed_in.actor.account_id == who.account_id
                keys[role] = {"cookie": f"session={signed_in.token}"}
            business = [role for role in ROLES if role != "admin"]
            await make_member(session, *business, login="the-many", totp_secret=TOTP)
            many = await services.sign_in(
                session, ANONYMOUS, login="the-many", password=PASSWORD, totp=pyotp.TOTP(TOTP).now()
            )
            owner = msgspec.structs.replace(many.actor, step_up_at=system_now())
            programs = {}
            for scope in ("official", "certificates"):
                token = await services.make_token(session, owner, name=scope, scopes=[scope])
                programs[scope] = {"authorization": f"Bearer {token.secret}"}
        yield House(app, routes(app), urls, keys, programs)
        await app.state.hub.stop()
        await resources.database.close()


def test_the_table_names_every_role_and_no_other() -> None:
    named = frozenset().union(*(line.who for line in LINES.values())) - {"everyone", "signed-in"}
    assert named <= set(ROLES), f"no such role; {EDIT}"
    assert len(LINES) == len(list(table())), f"two lines for one route; {EDIT}"
    assert set(ROLES) - {"admin"} <= set(SCOPES)


async def test_every_route_has_its_line_and_every_line_its_route(house: House) -> None:
    there = set(house.addresses)
    assert sorted(there - set(LINES)) == [], f"routes nobody has thought about: {EDIT}"
    assert sorted(set(LINES) - there) == [], f"lines without a route: {EDIT}"


async def test_who_is_not_named_is_turned_away_and_changes_nothing(house: House) -> None:
    before, let_in = kept(house.urls), []
    for line in LINES.values():
        for role, headers in house.keys.items():
            if not line.admits(role):
                answer = await house.ask(line, headers)
                wanted = (403, "kernel.forbidden") if role else (401, "kernel.sign_in")
                if (answer.status, answer.code) != wanted:
                    let_in.append(f"{role or 'nobody'}: {line.method} {line.path}: {answer.status} {answer.code}")
    assert let_in == [], f"a permit has become wider; if that is meant: {EDIT}"
    assert kept(house.urls) == before


async def test_who_is_named_passes_and_an_order_needs_the_pages_token(house: House) -> None:
    before, wrong = kept(house.urls), []
    for line in LINES.values():
        for role, headers in house.keys.items():
            if line.method not in SAFE and line.admits(role):
                answer = await house.ask(line, headers)
                if (answer.status, answer.code) != (403, PASSED):
                    wrong.append(f"{role or 'nobody'}: {line.method} {line.path}: {answer.status} {answer.code}")
    assert wrong == [], f"a permit has become narrower; if that is meant: {EDIT}"
    assert kept(house.urls) == before


async def test_who_is_named_may_look(house: House) -> None:
    """What everyone may see is asked as nobody and as one role in turn: such a permit looks at no role."""
    wrong, turn = [], cycle(ROLES)
    for line in LINES.values():
        looks = {role for role in house.keys if line.method in SAFE and line.admits(role)}
        for role in looks if "" not in looks else ("", next(turn)):
            answer = await house.ask(line, house.keys[role])
            if answer.status >= 500 or answer.code in {"kernel.forbidden", "kernel.sign_in"}:
                wrong.append(f"{role or 'nobody'}: {line.method} {line.path}: {answer.status} {answer.code}")
    assert wrong == [], f"a permit has become narrower, or nothing to see is an incident; {EDIT}"


async def test_an_empty_order_for_what_is_not_there_is_refused_and_never_an_incident(house: House) -> None:
    """With the page's token, by one role that may; `ENDS` would sign the caller out."""
    wrong, before = [], kept(house.urls)
    token = {"cookie": f"csrf={SECRET}", "x-csrf-token": SECRET, "content-type": "application/json"}
    for line in LINES.values():
        if line.method not in SAFE and line.path not in ENDS:
            role = next(role for role in house.keys if line.admits(role))
            headers = token | {"cookie": "; ".join(filter(None, [house.keys[role].get("cookie"), token["cookie"]]))}
            answer = await house.ask(line, headers, b"{}")
            if answer.status >= 500 or answer.code == PASSED:
                wrong.append(f"{role or 'nobody'}: {line.method} {line.path}: {answer.status} {answer.code}")
    assert wrong == []
    # A draft may be empty, and a guess is counted.
    assert {name for name, held in kept(house.urls).items() if held != before[name]} == {
        "project_drafts",
        "sign_in_attempts",
    }


@pytest.mark.parametrize("scope", ["official", "certificates"])
async def test_a_program_is_no_more_than_its_scope(house: House, scope: str) -> None:
    """Its owner holds every role but the administrator's; the token alone decides, and carries no session."""
    before, wrong = kept(house.urls), []
    for line in LINES.values():
        if not line.admits(scope):
            answer = await house.ask(line, house.programs[scope])
            if (answer.status, answer.code) != (403, "kernel.forbidden"):
                wrong.append(f"{line.method} {line.path}: {answer.status} {answer.code}")
    assert wrong == []
    assert kept(house.urls) == before
