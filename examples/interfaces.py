"""A report of the network interfaces of this machine: their indexes and names, their addresses and of what
kind these are, and the networks that they are in.

    python interfaces.py [INTERFACE…]

An INTERFACE is a name or an index; without any, all are told.

It teaches: interfaces, addresses and networks as values with predicates; and a socket that leads to no other
machine: over netlink(7) the kernel of Linux itself answers, in messages of octets that are taken apart here.
The zone of a link-local address is its interface.
"""

import struct
import sys
from collections.abc import Iterator

from hy_iolib import (ensure_address, error, inet_address, inet_address_private_p, inet_address_type,
                      interface, ipv4_address_p, ipv4_network, ipv6_network, list_network_interfaces,
                      lookup_interface, make_socket, receive_from, send_to)

# Of <linux/netlink.h> and <linux/rtnetlink.h>.
REQUEST, DUMP, ERROR, DONE, GET_ADDRESSES = 1, 0x300, 2, 3, 22
HEADER = struct.Struct("=IHHII")  # length, type, flags, number of the request, port
ABOUT = struct.Struct("=BBBBI")  # family, bits of the network, flags, scope, index of the interface
ATTRIBUTE = struct.Struct("=HH")  # length, type
ADDRESS, LOCAL = 1, 2


def parts(octets: bytes | bytearray, header: struct.Struct) -> Iterator[tuple[list[int], bytes | bytearray]]:
    """What `header` says and the octets behind it, again and again; each begins at a multiple of four."""
    at = 0
    while at < len(octets):
        length, *rest = header.unpack_from(octets, at)
        yield rest, octets[at + header.size:at + length]
        at += length + 3 & ~3


def addresses() -> Iterator[tuple[int, inet_address, int]]:
    """For each address of this machine: the index of its interface, the address, the bits of its network."""
    with make_socket(address_family="netlink", type="raw", protocol=0) as kernel:
        send_to(kernel, HEADER.pack(HEADER.size + ABOUT.size, GET_ADDRESSES, REQUEST | DUMP, 1, 0)
                + ABOUT.pack(0, 0, 0, 0, 0))
        while True:
            for (kind, *_), message in parts(receive_from(kernel, size=65536, timeout=10).data, HEADER):
                if kind == DONE:
                    return
                if kind == ERROR:
                    raise OSError("the kernel refuses to tell the addresses")
                _, bits, _, _, index = ABOUT.unpack_from(message)
                found = {kind: bytes(octets) for [kind], octets in parts(message[ABOUT.size:], ATTRIBUTE)}
                # At a line of two ends ADDRESS is the other one's.
                yield index, ensure_address(found.get(LOCAL) or found[ADDRESS]), bits


def described(address: inet_address, bits: int, interface: interface) -> str:
    network = (ipv4_network if ipv4_address_p(address) else ipv6_network)(address, bits)
    _, kind, scope = inet_address_type(address)
    if scope == "link-local":
        address = ensure_address(f"{address}%{interface.name}")
    words = [kind, scope, "private" if inet_address_private_p(address) else None]
    return f"    {address}  {' '.join(filter(None, words))}, in {network}"


def main(*designators: str) -> None:
    interfaces = [lookup_interface(d) for d in designators] or list_network_interfaces()
    known = list(addresses())
    for interface in interfaces:
        print(interface.index, interface.name)
        for index, address, bits in known:
            if index == interface.index:
                print(described(address, bits, interface))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (error, OSError) as e:
        sys.exit(f"no report: {e}")
