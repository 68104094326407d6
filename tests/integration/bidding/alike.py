"""Looking at two lots as everybody in turn, and saying what tells them apart (R7).

Every list and every GET route about a lot, of the whole application, is asked for with the ids of one lot filled in:
what a later change adds is compared too. Ids, keys, digests and clock times differ from lot to lot and are put out;
every word, count, header and length stays. Time is compared in pairs: how often a question about one lot takes longer
than the same about the other.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from litestar import Litestar

from trading.kernel.identity import ANONYMOUS, Actor, Permit

NOBODY = "nobody"
_LEFT_OUT = re.compile(r"/events$|^/assets/|^/lang/|^/admin/|^/me|^/v1/openapi|^/health/|^/v1/time$|^/calendar$")
"""Streams that never end, and what is about no lot: files, people, days, the time of day."""
_PARAMETER = re.compile(r"\{(\w+)\}")
_HEADERS_ASIDE = {"date", "server-timing"}
_VARIABLE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b(?:[0-9a-f]{4} )+[0-9a-f]{4}\b"), "<key>"),  # fingerprints, in groups for reading
    # Before `<hex>`: its last sixteen may all be digits. It may end with a star.
    (re.compile(r"\b[A-Z]\d{2}-?[0-9A-Z]{18}-?\d{8}-?\d{6}-?[0-9A-Z*](?![0-9A-Z])"), "<code>"),
    (re.compile(r"[0-9a-f]{16,}"), "<hex>"),
    (re.compile(r"\bSL\d{8}-?\d{4,6}\b"), "<receipt>"),
    (re.compile(r"\b91110000[0-9A-Z]{10}\b"), "<uscc>"),
    (re.compile(r"(?<=Incident number: )[0-9a-f]{12}"), "<incident>"),
    (re.compile(r"单位[0-9a-f]{6}"), "<organisation>"),
    (re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"), "<time>"),
)


@dataclass(frozen=True)
class Seen:
    """One answer as anyone sees it."""

    status: int
    headers: Mapping[str, str]
    body: str
    size: int


@dataclass(frozen=True)
class About:
    """The ids of one lot, by the names routes give them."""

    ids: Mapping[str, str]

    def fills(self, template: str) -> bool:
        """Whether the route is about a lot, or about nothing in particular."""
        return set(_PARAMETER.findall(template)) <= self.ids.keys()

    def fill(self, template: str) -> str:
        """A route with this lot's ids."""
        return _PARAMETER.sub(lambda match: self.ids[match[1]], template)


def addresses(app: Litestar) -> dict[str, Permit]:
    """Every route that is asked with GET, and who may."""
    found = {}
    for route in app.routes:
        handlers = getattr(route, "route_handler_map", {})
        if "GET" in handlers and not _LEFT_OUT.search(route.path_format):
            found[route.path_format] = handlers["GET"][0].opt["permit"]
    return dict(sorted(found.items()))


def _somebody(role: str) -> Actor:
    """Somebody in this role, for the guard; `own …` is of the lot's own side."""
    if role == NOBODY:
        return ANONYMOUS
    return Actor("", account_id=UUID(int=0), roles=frozenset({role.removeprefix("own ")}))


def plain(text: str) -> str:
    """What is left when everything that must differ is put out."""
    for pattern, word in _VARIABLE:
        text = pattern.sub(word, text)
    return text


async def look(client: AsyncClient, address: str) -> Seen:
    """One answer."""
    answer = await client.get(address, headers={"accept-encoding": "identity"})
    headers = {name: plain(value) for name, value in answer.headers.items() if name not in _HEADERS_ASIDE}
    kind = headers.get("content-type", "")
    body = plain(answer.text) if any(word in kind for word in ("text", "json", "calendar", "pem")) else kind
    return Seen(answer.status_code, headers, body, len(answer.content))


async def everything(clients: Mapping[str, AsyncClient], app: Litestar, about: About) -> dict[tuple[str, str], Seen]:
    """Every route as every role that it admits sees it; the guard turns others away before the lot is read."""
    return {
        (role, template): await look(client, about.fill(template))
        for role, client in clients.items()
        for template, permit in addresses(app).items()
        if about.fills(template) and permit.admits(_somebody(role))
    }


def differences(one: Mapping[tuple[str, str], Seen], other: Mapping[tuple[str, str], Seen]) -> dict[str, str]:
    """Where the two differ, and in what."""
    told: dict[str, str] = {}
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key), other.get(key)
        if left == right:
            continue
        if left is None or right is None:
            told[" ".join(key)] = "missing"
        elif left.status != right.status:
            told[" ".join(key)] = f"status {left.status} / {right.status}"
        elif left.headers != right.headers:
            told[" ".join(key)] = f"headers {sorted(set(left.headers.items()) ^ set(right.headers.items()))}"
        elif left.body != right.body:
            told[" ".join(key)] = f"body {_first_difference(left.body, right.body)}"
        else:
            told[" ".join(key)] = f"size {left.size} / {right.size}"
    return told


def _first_difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(0, at - 60) : at + 60]!r} / {other[max(0, at - 60) : at + 60]!r}"


Ask = Callable[[], Any]


async def slower(one: Ask, other: Ask, *, times: int) -> float:
    """The share of pairs in which `other` takes longer than `one` (0.5 = neither).

    Asked one right after the other, now this first, now that: what else the machine is doing touches both alike.
    """
    longer = 0
    for number in range(times):
        taken = [0.0, 0.0]
        for which in (0, 1) if number % 2 else (1, 0):
            began = time.perf_counter()
            await (one, other)[which]()
            taken[which] = time.perf_counter() - began
        longer += taken[1] > taken[0]
    return longer / times
