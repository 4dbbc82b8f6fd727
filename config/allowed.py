"""Which hosts the program may call by itself: a list that operations write, read strictly. A leaf."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*|\[[0-9a-f:]+\]")
_PLAIN_PORTS = {"http": 80, "https": 443}


class Network(StrEnum):
    """How near a host may be."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


@dataclass(frozen=True)
class AllowedHost:
    """One entry of the list: this host, at this port (None: the scheme's own), in this network."""

    host: str
    port: int | None = None
    network: Network = Network.PUBLIC

    def takes(self, scheme: str, host: str, port: int) -> bool:
        """Whether an address is meant. Without TLS only in the office's own network."""
        if host != self.host or port != (self.port or _PLAIN_PORTS.get(scheme)):
            return False
        return scheme == "https" or (scheme == "http" and self.network is not Network.PUBLIC)

    def admits(self, address: str) -> bool:
        """Whether the address that the host's name leads to may be connected to."""
        return network_of(address) is self.network


def network_of(text: str) -> Network | None:
    """Which network an address lies in; None for those that nobody is ever called at (link-local, multicast, …)."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return network_of(str(inner))
    if address.is_loopback:
        return Network.LOOPBACK
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return None
    if address.is_global:
        return Network.PUBLIC
    return Network.PRIVATE if any(address in block for block in _PRIVATE if block.version == address.version) else None


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PRIVATE = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def allowed_hosts(text: str) -> tuple[AllowedHost, ...]:
    """`host`, `host:port`, each with `+private` or `+loopback` where it is meant, between commas. ValueError says what
    cannot be read."""
    found = []
    for entry in (part.strip().lower() for part in text.split(",")):
        if not entry:
            continue
        place, plus, network = entry.partition("+")
        host, port = re.fullmatch(r"(.*?)(?::(\d{1,5}))?", place).groups()  # type: ignore[union-attr]
        if not _HOST.fullmatch(host) or (port is not None and not 0 < int(port) < 65536):
            raise ValueError(f"{entry!r} is not host or host:port (no scheme, no path, no *)")
        if plus and network not in (Network.PRIVATE, Network.LOOPBACK):
            raise ValueError(f"{entry!r}: what follows the + must be private or loopback")
        found.append(AllowedHost(host.strip("[]"), int(port) if port else None, Network(network or "public")))
    return tuple(found)
