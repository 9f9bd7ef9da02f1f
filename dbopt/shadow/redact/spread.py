"""Synthetic identifiers, addresses and byte strings: spread over their kind in the order of the true ones. Pure."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

_FIRST_IPV4, _IPV4 = 1 << 24, 200 << 24
_FIRST_IPV6, _IPV6 = 0xFD << 120, 1 << 112
_ESCAPED = re.compile(r"\\(\\|[0-7]{3})")


def replaced(columns: Sequence[Collection[str]], family: str) -> dict[str, str]:
    """New texts by the old ones. Raises ValueError for a text that cannot be read."""
    key, write = _FAMILIES[family]
    order = sorted({text for column in columns for text in column}, key=key)
    return {text: write(text, rank, len(order)) for rank, text in enumerate(order)}


def _place(rank: int, count: int, size: int) -> int:
    return (2 * rank + 1) * size // (2 * count)


def _uuid(_: str, rank: int, count: int) -> str:
    return str(uuid.UUID(int=_place(rank, count, 1 << 128)))


def _address_key(text: str) -> Any:
    address = ipaddress.ip_interface(text)
    return address.version, int(address.network.network_address), address.network.prefixlen, int(address)


def _inet(text: str, rank: int, count: int) -> str:
    if ipaddress.ip_interface(text).version == 4:
        return str(ipaddress.IPv4Address(_FIRST_IPV4 + _place(rank, count, _IPV4)))
    return str(ipaddress.IPv6Address(_FIRST_IPV6 + _place(rank, count, _IPV6)))


def _cidr(text: str, rank: int, count: int) -> str:
    return _inet(text, rank, count) + ("/32" if ":" not in text else "/128")


def _hardware(size: int) -> Callable[[str, int, int], str]:
    def write(_: str, rank: int, count: int) -> str:
        return ":".join(f"{byte:02x}" for byte in _place(rank, count, 1 << (8 * size)).to_bytes(size, "big"))

    return write


def _hexadecimal(text: str) -> int:
    return int(re.sub("[^0-9a-f]", "", text.lower()), 16)


def _bytes_of(text: str) -> bytes:
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    plain = _ESCAPED.sub(lambda match: "\\" if match[1] == "\\" else chr(int(match[1], 8)), text)
    return plain.encode("latin-1")


def _bytea(text: str, rank: int, count: int) -> str:
    width = (max(count - 1, 0).bit_length() + 7) // 8 or 1
    return "\\x" + rank.to_bytes(width, "big").ljust(len(_bytes_of(text)), b"\0").hex()


_FAMILIES: dict[str, tuple[Callable[[str], Any], Callable[[str, int, int], str]]] = {
    "uuid": (_hexadecimal, _uuid),
    "inet": (_address_key, _inet),
    "cidr": (_address_key, _cidr),
    "macaddr": (_hexadecimal, _hardware(6)),
    "macaddr8": (_hexadecimal, _hardware(8)),
    "bytea": (_bytes_of, _bytea),
}
