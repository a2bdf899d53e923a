"""What Python programs do with the library, area by area, as type checkers see it.

`test_types.py` has mypy and pyright check this file, and runs it, with an `assert_type` that looks at the
values. Where a line must be an error, both checkers are told so, in comments that are errors where they
are of no use; and what they refuse, the library refuses.
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import os
import ssl
import sys
import tempfile
from types import TracebackType
from typing import IO, Any, Callable, Iterator, Literal

from typing_extensions import assert_type

import hy_iolib
import hy_iolib.cl.importer
from hy_iolib import *
from hy_iolib import cl, format, keyword, signal, socket, trivial_sockets


class Refused:
    """Around a mistake: that is what it is for the library, too."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None,
                 traceback: TracebackType | None) -> Literal[True]:
        assert kind is not None, "nobody minds"
        assert issubclass(kind, (TypeError, ValueError, AttributeError, OSError)), kind
        return True


refused = Refused()


# ---- Sockets: their kind is that of the call

def kinds_of_sockets() -> None:
    with make_socket() as client:
        assert_type(client, socket_stream_internet_active)
    with make_socket(connect="passive", local_host=IPV4_LOOPBACK, backlog=5, nodelay=True) as server:
        assert_type(server, socket_stream_internet_passive)
        assert_type(server.backlog, "int | None")
    with make_socket(address_family="ipv6", type="datagram", broadcast=True) as udp:
        assert_type(udp, socket_datagram_internet_active)
        # The names of IOLib 0.8 are the same classes.
        also: socket_datagram_internet = udp
        assert also is udp
    with make_socket(address_family="local") as local:
        assert_type(local, socket_stream_local_active)
    with make_socket(address_family="file", connect="passive", reuse_address=True) as local_server:
        assert_type(local_server, socket_stream_local_passive)
    with make_socket(address_family="local", type="datagram") as local_udp:
        assert_type(local_udp, socket_datagram_local_active)
    with make_socket(address_family="netlink", type="raw", multicast_groups=1) as netlink:
        assert_type(netlink, socket_raw_netlink)
        assert_type(local_name(netlink).host, netlink_address)

    # What a program finds out at run time: any kind.
    with make_socket_pair() as (one, _):
        kind: keyword = socket_type(one)
    with make_socket(address_family="internet", type=kind) as some:
        assert_type(some, socket)

    with refused:
        make_socket(type="streem")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(local_filename="/tmp/socket")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(connect="passive", remote_host="x")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(address_family="netlink")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(type="raw")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(nodelay=True, broadcast=True)  # type: ignore[call-overload]  # pyright: ignore


def raw_sockets() -> None:
    # Not everybody may have them.
    try:
        with make_socket(type="raw", protocol="icmp", include_headers=False) as raw:
            assert_type(raw, socket_raw_internet)
    except (eperm, eacces):
        pass


def pairs_and_descriptors() -> None:
    a, b = make_socket_pair()
    assert_type(a, socket_stream_local_active)
    with a, b, make_socket_from_fd(a, dup=True) as again, make_socket_from_fd(os.dup(a.fileno())) as known:
        assert_type(again, "active_socket | passive_socket")
        assert_type(known, "active_socket | passive_socket")
        with make_socket_from_fd(a.fileno(), dup=True, connect="active") as active:
            assert_type(active, active_socket)
        assert_type(a.fileno(), int)
        assert_type(socket_os_fd(a), "int | None")
        assert send_file_descriptor(a, sys.__stderr__ or 2) is a
        received_fd = receive_file_descriptor(b)
        assert_type(received_fd, int)
        os.close(received_fd)
        with refused:
            make_socket_from_fd(a)  # type: ignore[call-overload]  # pyright: ignore
    pair = make_socket_pair(type="datagram", external_format="latin-1")
    assert_type(pair, socket_pair[socket_datagram_local_active])
    assert_type(pair.socket2, socket_datagram_local_active)
    close(pair.socket1)
    close(pair.socket2)
    with make_socket() as internet, refused:
        send_file_descriptor(internet, 1)  # type: ignore[type-var]  # pyright: ignore


# ---- Connecting

def connecting() -> None:
    with make_socket(connect="passive", local_host="127.0.0.1", local_port=0) as server:
        assert_type(local_name(server), socket_name)
        assert_type(local_host(server), inet_address)
        port = local_port(server)
        assert_type(port, int)
        assert_type(accept_connection(server, wait=False), "socket_stream_internet_active | None")

        with make_socket(remote_host=local_host(server), remote_port=port, timeout=5) as client:
            accepted = accept_connection(server, timeout=5)
            assert_type(accepted, "socket_stream_internet_active | None")
            assert accepted
            with accepted:
                host, remote = remote_name(accepted)
                assert_type(host, inet_address)
                assert_type(remote, int)
                assert_type(remote_port(client), int)
                assert_type(shutdown(client, write=True), socket_stream_internet_active)
        with make_socket() as client:
            assert_type(connect(client, "127.0.0.1", port=str(port), wait=5), socket_stream_internet_active)
            assert_type(socket_connected_p(client), bool)
            # Without a limit there is one: no test for None is asked for.
            with accept_connection(server) as served:
                assert_type(socket_open_p(served), bool)

    with make_socket(type="datagram") as udp:
        assert bind_address(udp, LOOPBACK, port=0, reuse_address=False) is udp
        assert_type(bind_address, Callable[..., Any]) if False else None
        assert_type(disconnect(connect(udp, "127.0.0.1", port=9)), socket_datagram_internet_active)
    with make_socket() as stream, refused:
        disconnect(stream)  # type: ignore[type-var]  # pyright: ignore
    with make_socket() as stream, refused:
        accept_connection(stream)  # type: ignore[call-overload]  # pyright: ignore
    with make_socket(connect="passive") as passive, refused:
        read_line(passive)  # type: ignore[call-overload]  # pyright: ignore


def what_sockets_say() -> None:
    with make_socket(address_family="local", connect="passive") as local, make_socket() as s:
        assert_type(socket_address_family(s), keyword)
        assert_type(socket_type(s), keyword)
        assert_type(socket_protocol(s), "keyword | int")
        assert socket_type(s) == "stream"
        assert_type(socket_ipv6_p(s), bool)
        assert_type(s.closed, bool)
        assert_type(s.connect, keyword)
        assert_type(local_name(local), local_address)
        assert_type(local_filename(local), "str | None")
        with refused:
            local_port(local)  # type: ignore[arg-type]  # pyright: ignore
        with refused:
            local_filename(s)  # type: ignore[arg-type]  # pyright: ignore


def socket_options() -> None:
    a, b = make_socket_pair()
    with make_socket() as s, a, b:
        assert_type(socket_option(s, "tcp-nodelay"), bool)
        assert_type(socket_option(s, "receive-buffer"), int)
        assert_type(socket_option(s, "receive-timeout"), float)
        assert_type(socket_option(s, "tcp-congestion"), str)
        assert_type(socket_option(s, "no-sigpipe", if_does_not_exist=None), "bool | None")
        on, seconds = socket_option(s, "linger")
        assert_type(on, bool)
        assert_type(seconds, int)
        credentials = socket_option(a, "peer-credentials")
        assert_type(credentials, peer_credentials)
        assert_type(credentials.uid, int)
        assert_type(set_socket_option(s, "send-buffer", 65536), int)
        set_socket_option(s, "linger", True)
        set_socket_option(s, "linger", (True, 3))
        set_socket_option(s, "send-timeout", 1.5)
        with refused:
            socket_option(s, "tcp-no-delay")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            socket_option(s, "peer-credentials")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            set_socket_option(s, "send-buffer", "many")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            set_socket_option(s, "error", 1)  # type: ignore[call-overload]  # pyright: ignore


# ---- Sending and receiving

def transfer() -> None:
    a, b = make_socket_pair()
    with a, b:
        assert_type(send_to(a, b"hello", end=4), int)
        send_to(a, [111, 33], flags=["more"])
        r = receive_from(b, size=10)
        assert_type(r, received[bytearray, None, None])
        buffer, count, host, port = r
        assert_type(buffer, bytearray)
        assert_type(count, int)
        assert_type(host, None)
        assert_type(port, None)
        assert_type(r.data, bytes)
        assert_type(r.truncated, bool)
        send_to(a, memoryview(b"x"))
        mine = bytearray(5)
        assert_type(receive_from(b, buffer=mine, start=2, timeout=5).buffer, bytearray)
        send_to(a, b"x")
        numbers = [0, 0]
        assert_type(receive_from(b, buffer=numbers).buffer, list[int])
        match r:
            case received(data_buffer, 4 | 6):
                assert_type(data_buffer, bytearray)
            case _:
                pass
        with refused:
            send_to(a, "hello")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            send_to(a, b"x", remote_host="127.0.0.1")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            receive_from(a)  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            receive_from(a, buffer=b"fixed")  # mypy can't tell a buffer that is read only

    with make_socket(type="datagram", local_host="127.0.0.1") as udp:
        send_to(udp, b"hello", remote_host=local_host(udp), remote_port=local_port(udp))
        assert_type(receive_from(udp, size=3, timeout=5), received[bytearray, inet_address, int])
        send_to(udp, b"hello", remote_host=local_host(udp), remote_port=local_port(udp))
        datagram = receive_from(udp, size=3, timeout=5)
        assert_type(datagram.host, inet_address)
        assert_type(datagram.port, int)
        with refused:
            send_to(udp, b"x", remote_filename="/tmp/x")  # type: ignore[call-overload]  # pyright: ignore

    c, d = make_socket_pair(type="datagram")
    with c, d:
        send_to(c, b"x")
        assert_type(receive_from(d, size=1).host, local_address)

    def any_kind(s: active_socket) -> received:
        return receive_from(s, size=1)

    a, b = make_socket_pair()
    with a, b:
        send_to(a, b"x")
        assert_type(any_kind(b).count, int)
        # Several values for one: the first.
        send_to(a, b"x")
        assert_type(primary_value(receive_from(b, size=1)), bytearray)
