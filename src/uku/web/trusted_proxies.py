"""Where a request comes from. What a proxy says is believed only of a proxy that is ours (B23)."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
SAID_BY_A_PROXY = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def settle(meta: MutableMapping[str, Any], proxies: Sequence[str]) -> None:
    """Put the client's own address and scheme into a request's environment, and take out what proxies said.

    Nothing later reads a forwarded header, so nobody can make us believe one. The host is never taken from a
    proxy: links are made from UKU_PUBLIC_URL.
    """
    said = {name: str(meta.pop(name, "")) for name in SAID_BY_A_PROXY}
    networks = _networks(tuple(proxies))
    if not _is_ours(_address(meta.get("REMOTE_ADDR")), networks):
        return
    hops = [*said["HTTP_X_FORWARDED_FOR"].split(","), str(meta["REMOTE_ADDR"])]
    meta["REMOTE_ADDR"] = _client(hops, networks)
    if said["HTTP_X_FORWARDED_PROTO"].strip().lower() == "https":
        meta["wsgi.url_scheme"] = "https"


def _client(hops: Sequence[str], networks: Networks) -> str:
    """Walk back from the nearest hop over the proxies that are ours; what comes before them is the client.

    What stands further left was written by the client itself. A hop that is no address ends the walk.
    """
    known = ""
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            return known
        known = str(address)
        if not _is_ours(address, networks):
            return known
    return known


def _is_ours(address: Address | None, networks: Networks) -> bool:
    return address is not None and any(address in network for network in networks)


def _address(text: object) -> Address | None:
    try:
        found = ip_address(str(text).strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> Networks:
    return tuple(ip_network(proxy) for proxy in proxies)
