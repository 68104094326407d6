"""Where a request comes from. Behind a proxy that is what the proxy says, if and only if the proxy is one of ours."""

from ipaddress import ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection

from trading.web.site import Network, site_of

_HEADER = "x-forwarded-for"
_V6_PREFIX = 64
"""One subscriber has a whole /64 of IPv6 addresses; counting single ones would count nobody."""


def networks(listed: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses or networks (`10.0.0.0/8`) as configured; a wrong one stops the start."""
    return tuple(ip_network(item, strict=False) for item in listed)


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's address, as it is counted."""
    peer = connection.client.host if connection.client else ""
    trusted = site_of(connection).trusted_proxies
    if trusted and _is_in(peer, trusted):
        # From the right: what our own proxies wrote; the first that is not ours is who spoke to them. What stands left
        # of it anybody can write.
        hops = [hop.strip() for hop in ",".join(connection.headers.getall(_HEADER, [])).split(",") if hop.strip()]
        for hop in reversed(hops):
            if _parsed(hop) is None:
                break
            peer = hop
            if not _is_in(hop, trusted):
                break
    return _counted(peer)


def _parsed(text: str) -> Any:
    try:
        found = ip_address(text.strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in(text: str, trusted: tuple[Network, ...]) -> bool:
    found = _parsed(text)
    return found is not None and any(found in network for network in trusted if network.version == found.version)


def _counted(text: str) -> str:
    found = _parsed(text)
    if found is not None and found.version == 6:
        return str(ip_network((found, _V6_PREFIX), strict=False))
    return str(found) if found is not None else text
