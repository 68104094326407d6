"""Whose address is counted: the peer's, or what a proxy of ours says; what others write into the header is nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from litestar.datastructures import Headers

from trading.web import address
from trading.web.address import address_of, networks

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48")


def connection(peer: str, *forwarded: str) -> Any:
    return SimpleNamespace(
        client=SimpleNamespace(host=peer) if peer else None,
        headers=Headers([(b"x-forwarded-for", value.encode()) for value in forwarded]),
    )


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "counted"),
    [
        ((), "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ((), "10.0.0.1", ["198.51.100.1"], "10.0.0.1"),
        (PROXIES, "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        (PROXIES, "10.0.0.1", [], "10.0.0.1"),
        (PROXIES, "10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (PROXIES, "10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        (PROXIES, "10.0.0.1", ["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (PROXIES, "10.0.0.1", ["1.1.1.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        (PROXIES, "::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (PROXIES, "2001:db8:ffff::1", ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ((), "2001:db8:1:2:aaaa::1", [], "2001:db8:1:2::/64"),
        ((), "", [], ""),
    ],
)
def test_the_address_that_is_counted(
    trusted: tuple[str, ...], peer: str, forwarded: list[str], counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "site_of", lambda _: SimpleNamespace(trusted_proxies=networks(trusted)))
    assert address_of(connection(peer, *forwarded)) == counted


def test_a_wrong_network_stops_the_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.300"):
        networks(("10.0.0.300",))
