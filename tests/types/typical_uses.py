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
from typing import IO, Any, Literal

from typing_extensions import assert_type

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
        assert issubclass(kind, (TypeError, ValueError, AttributeError, OSError, NotImplementedError)), kind
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
    with make_socket() as one:
        kind = socket_type(one)
    with make_socket(address_family="internet", type=kind) as some:
        assert_type(some, socket)

    def one_or_the_other(connect: Literal["active", "passive"]) -> None:
        with make_socket(connect=connect) as s:
            assert_type(s, "socket_stream_internet_active | socket_stream_internet_passive")

    one_or_the_other("passive")

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
        with refused:
            send_to(a, "hello")  # type: ignore[arg-type]  # pyright: ignore
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


# ---- Addresses, networks, names

def addresses() -> None:
    a = ensure_address("127.0.0.1")
    assert_type(a, inet_address)
    assert_type(a.packed, bytes)
    assert_type(ensure_address(ipaddress.ip_address("::1")), inet_address)
    assert_type(ensure_address("nonsense", errorp=False), "inet_address | None")
    assert_type(ensure_address("/tmp/x", family="local"), local_address)
    assert_type(ipv4_address("127.0.0.1").name, tuple[int, int, int, int])
    first, *_ = ipv4_address("127.0.0.1").name
    assert_type(first, int)
    assert_type(ipv6_address("fe80::1%lo").zone, "str | None")
    assert_type(make_address("/tmp/x"), local_address)
    assert_type(make_address((127, 0, 0, 1)), "ipv4_address | ipv6_address")
    assert_type(local_address("/tmp/x", abstract=True).abstract, bool)
    assert_type(address_to_string(a), str)
    assert_type(IPV4_LOOPBACK, ipv4_address)
    assert_type(ANY_HOST, inet_address)
    assert_type(sorted([IPV4_LOOPBACK, ipv4_address("10.0.0.1")]), list[ipv4_address])
    vector = address_to_vector("127.0.0.1")
    assert_type(vector, "address_vector | None")
    assert vector
    octets, kind = vector
    assert_type(kind, keyword)
    assert len(octets) == 4
    assert_type(address_eq(a, IPV4_LOOPBACK), bool)
    assert_type(address_equal_p("127.1", 0x7F000001), bool)
    assert_type(map_ipv4_address_to_ipv6(IPV4_LOOPBACK), ipv6_address)
    assert_type(unmap_address(a), inet_address)
    assert_type(inet_address_loopback_p(a), bool)
    assert_type(address_type(a), "keyword | None")
    protocol, what, scope = inet_address_type(a)
    assert_type(protocol, keyword)
    assert_type(what, keyword)
    assert_type(scope, "keyword | None")
    assert_type(dotted_to_vector("10.0.0.1"), tuple[int, int, int, int])
    assert_type(vector_to_colon_separated([0] * 8, "upcase"), str)
    with refused:
        ensure_address(None)  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        ensure_address("x", family="locale")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        ipv4_address("127.0.0.1").packed = b""  # type: ignore[misc]  # pyright: ignore
    with refused:
        ipv6_link_local_unicast_p(IPV4_LOOPBACK)  # type: ignore[arg-type]  # pyright: ignore
    with refused:
        vector_to_colon_separated([0] * 8, "upper")  # type: ignore[arg-type]  # pyright: ignore


def networks() -> None:
    net = ipv4_network("10.0.0.0/8")
    assert_type(net.netmask, ipv4_address)
    assert_type(net.cidr, int)
    assert_type(ipv4_address("10.1.2.3") in net, bool)
    assert_type(make_netmask(cidr=24), ipv4_address)
    assert_type(make_netmask(cidr=64, ipv6=True), ipv6_address)
    assert_type(make_netmask(class_="a"), ipv4_address)
    assert_type(ensure_netmask("c"), inet_address)
    assert_type(inet_address_in_network_p(IPV4_LOOPBACK, net), bool)
    assert_type(inet_address_in_network_p(IPV4_LOOPBACK, IPV4_LOOPBACK, 8), bool)
    assert_type(inet_address_network_class(IPV4_LOOPBACK), keyword)
    assert_type(inet_address_network_portion(IPV4_LOOPBACK, 8), inet_address)
    assert_type(ipv4_network_eq(net, "10.0.0.0/8"), bool)
    with refused:
        make_netmask(class_="d")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_netmask()  # type: ignore[call-overload]  # pyright: ignore


def names() -> None:
    entry = lookup_hostname("localhost", ipv6=None)
    assert_type(entry, host_entry)
    address, others, name, pairs = entry
    assert_type(address, inet_address)
    assert_type(others, tuple[inet_address, ...])
    assert_type(name, str)
    assert_type(pairs, tuple[tuple[str, inet_address], ...])
    assert_type(entry.canonical_name, str)
    assert_type(ensure_hostname("127.0.0.1"), host_addresses)
    assert_type(ensure_hostname("no such host", errorp=False), "host_addresses | None")

    port, service, protocol = lookup_service("http")
    assert_type(port, int)
    assert_type(service, str)
    assert_type(protocol, keyword)
    match lookup_service(53, "udp"):
        case service_entry(53, domain):
            assert_type(domain, str)
        case other:
            raise AssertionError(other)
    number, _, aliases = lookup_protocol("tcp")
    assert_type(number, int)
    assert_type(aliases, tuple[str, ...])
    assert number == ipproto_tcp

    for i in list_network_interfaces():
        assert_type(i, interface)
        index_name, index = i
        assert_type(index_name, str)
        assert_type(index, int)
    assert_type(lookup_interface("lo").index, int)
    assert_type(icmp_types["icmp-redirect"], int)
    with refused:
        lookup_service("http", "sctp")  # type: ignore[arg-type]  # pyright: ignore
    with refused:
        lookup_hostname("localhost", ipv6="ipv4")  # type: ignore[arg-type]  # pyright: ignore


def dns() -> None:
    import dns.message

    message = dns_message(dns.message.make_query("example.org", "MX"))
    assert_type(dns_message_id(message), int)
    assert_type(dns_message_decoded_flags(message).rcode, keyword)
    for question in dns_message_question(message):
        assert_type(question.name, str)
        assert_type(question.class_, keyword)
    assert dns_message_answer(message) == ()
    with refused:
        dns_query("example.org", type="mxx")  # type: ignore[call-overload]  # pyright: ignore


def dns_with_name_servers() -> None:
    # Not run: it asks strangers.
    assert_type(dns_query("example.org"), dns_message)
    assert_type(dns_query("example.org", decode=True), tuple[ipv4_address, ...])
    assert_type(dns_query("example.org", type="aaaa", decode=True), tuple[ipv6_address, ...])
    assert_type(dns_query("example.org", type="txt", decode=True, search=[]), tuple[str, ...])
    for preference, exchange in dns_query("example.org", type="mx", decode=True, nameservers="9.9.9.9"):
        assert_type(preference, int)
        assert_type(exchange, str)
    for srv in dns_query("_sip._tcp.example.org", type="srv", decode=True, nameservers=[("9.9.9.9", 53)]):
        assert_type(srv.port, int)
    dns_query("example.org", nameservers=object())  # type: ignore[call-overload]  # pyright: ignore


# ---- Streams

def reading() -> None:
    a, b = make_socket_pair(external_format=("utf-8", "eol_style", "crlf"), max_line_length=1000)
    with b:
        with a:
            assert_type(write_line("one", a), str)
            assert_type(write_string("two\nthree\n", a, start=0, timeout=5), str)
            assert_type(write_byte(33, a), int)
            assert_type(write_sequence(b"four\r\n", a), bytes)
            mixed: list[int | str] = [120, "y"]
            assert_type(write_sequence(mixed, a), list[int | str])
            assert_type(format(a, "~A~%", 5), None)
            assert_type(format(None, "~A~%", 5), str)
            assert_type(fresh_line(a), bool)
            assert_type(output_buffer_size(a), int)
            finish_output(a, timeout=5)
            with refused:
                write_line(b"octets", a)  # type: ignore[arg-type]  # pyright: ignore
            with refused:
                write_char("x", a, start=1)  # type: ignore[call-arg]  # pyright: ignore
            with refused:
                write_sequence(5, a)  # type: ignore[type-var]  # pyright: ignore
        assert_type(external_format_of(b).encoding, keyword)
        assert_type(max_line_length(b), "int | None")
        assert_type(read_line(b, timeout=5), str)
        assert_type(read_line(b, True), str)
        assert_type(read_line(b, None), "str | None")
        assert_type(read_byte(b), int)
        assert_type(listen(b), bool)
        assert_type(peek_char(None, b), str)
        assert_type(peek_char(True, b, False, 0), "str | int")
        assert_type(read_char(b), str)
        unread_char("f", b)
        assert_type(read_char_no_hang(b), "str | None")
        piece = bytearray(2)
        assert_type(read_sequence(piece, b), int)
        assert_type(read_sequence_star(b, piece, end=1), int)
        for line in b:
            assert_type(line, str)
        assert_type(read_line(b, False, "end"), str)
        assert_type(read_line(b, False, 0), "str | int")
        assert_type(read_line(b, eof_error_p=False), "str | None")
        assert_type(read_byte(b, None), "int | None")
        with refused:
            read_sequence(b"fixed", b, stop=3)  # type: ignore[call-arg]  # pyright: ignore


def files() -> None:
    a, b = make_socket_pair()
    with a, b:
        with text_file(a) as text:
            assert_type(text, text_file)
            as_text: IO[str] | io.TextIOBase = text
            print("hello", file=text)
            assert as_text is text
        with binary_file(a) as binary:
            assert_type(binary.write(b"octets\n"), int)
        assert_type(text_file(b).readline(), str)
        assert_type(binary_file(b).readline(), bytes)
        assert_type(open_stream_p(b), bool)
        assert_type(stream_element_type(b), "tuple[str, int] | str")
        assert_type(input_buffer_empty_p(b), bool)

    # Python's own files are streams, too.
    assert_type(read_line(io.StringIO("line\n")), str)
    write_line("line", io.StringIO())

    read, write = os.pipe()
    with dual_channel_gray_stream(read) as r:
        with dual_channel_gray_stream(write, external_format="latin-1") as w:
            write_line("through a pipe", w)
        assert_type(list(r), list[str])

    crlf = external_format("utf-8", eol_style="crlf", errors="strict")
    assert_type(crlf.eol_style, keyword)
    assert_type(crlf.errors, "keyword | None")
    with refused:
        external_format("utf-8", eol_style="crlff")  # type: ignore[arg-type]  # pyright: ignore
    with make_socket(connect="passive") as passive, refused:
        text_file(passive)  # type: ignore[arg-type]  # pyright: ignore


# ---- TLS

def tls() -> None:
    context = ssl.create_default_context()
    with make_socket(tls=context) as one, make_socket(tls={"ca_file": None, "alpn": ["h2"]}) as other:
        assert_type(tls_p(one), bool)
        assert_type(tls_version(other), "str | None")
        assert_type(tls_peer_certificate(one), "dict[str, Any] | None")
        assert_type(tls_peer_certificate(one, der=True), "bytes | None")
        assert_type(tls_alpn_protocol(one), "str | None")
        with refused:
            start_tls(one, ca_fil="x")  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        make_socket(tls={"ca_fil": "x"})  # type: ignore[call-overload]  # pyright: ignore
    with make_socket(type="datagram") as udp, refused:
        start_tls(udp)  # type: ignore[call-overload]  # pyright: ignore


# ---- The event loop

def event_loop() -> None:
    seen: list[tuple[int, str, str | None]] = []

    def handler(fd: int, event: str, exception: str | None) -> None:
        seen.append((fd, event, exception))
        exit_event_loop(base)

    a, b = make_socket_pair()
    with event_base(exit_when_empty=True) as base, a, b:
        assert_type(base, "event_base[None]")
        set_io_handler(base, b, "read", handler, timeout=5)
        set_io_handler(base, a, write=handler, one_shot=True)
        set_error_handler(base, b.fileno(), handler)
        assert_type(fd_monitored_p(base, b, "error"), bool)
        t = add_timer(base, lambda: None, 3600)
        assert_type(t, timer)
        assert_type(t.deadline, "float | None")
        assert_type(remove_timer(base, t), bool)
        call_in_event_loop(base, seen.append, (0, "call", None))
        assert_type(event_dispatch(base, timeout=5), None)
        assert_type(remove_fd_handlers(base, b, read=True), bool)
        assert_type(event_base_empty_p(base), bool)
        ready = wait_until_fd_ready(a, "io", 0)
        assert_type(ready, fd_readiness)
        readable, writable = ready
        assert_type(readable, bool)
        assert_type(writable, bool)
        assert_type(fd_ready_p(a, "output"), bool)
        with refused:
            set_io_handler(base, b, "error", handler)  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            set_io_handler(base, b, "read")  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            set_io_handler(base, b, read=print, write=print)  # type: ignore[call-overload]  # pyright: ignore
        with refused:
            add_timer(base, lambda: None, None)  # type: ignore[arg-type]  # pyright: ignore
        with refused:
            wait_until_fd_ready(a, "in")  # type: ignore[arg-type]  # pyright: ignore
        # A function that takes no arguments, for an event, and arguments that do not fit.
        set_io_handler(base, b, read=base.close)  # type: ignore[arg-type]  # pyright: ignore
        call_in_event_loop(base, len, 5)  # type: ignore[arg-type]  # pyright: ignore
    assert seen
    with event_base(mux=poll_multiplexer) as polling:
        assert_type(polling.mux, multiplexer)


def with_asyncio() -> None:
    async def serve() -> str:
        with event_base(mux=asyncio_multiplexer()) as base:
            assert_type(base, "event_base[asyncio.Future[None]]")
            add_timer(base, lambda: exit_event_loop(base), 0.01, one_shot=True)
            done = event_dispatch(base)
            assert_type(done, "asyncio.Future[None]")
            await done
        return "done"

    assert asyncio.run(serve()) == "done"


async def no_future() -> None:
    # Not run: a base that waits itself has no future.
    with event_base() as base:
        await event_dispatch(base)  # type: ignore[misc]  # pyright: ignore


# ---- Conditions

def conditions() -> None:
    with make_socket(connect="passive", local_host="127.0.0.1") as server:
        port = local_port(server)
    try:
        make_socket(remote_host="127.0.0.1", remote_port=port)
    except socket_connection_refused_error as e:
        refusal: ConnectionRefusedError = e
        also: econnrefused = e
        assert refusal is e is also
        assert_type(e.errno, "int | None")
        assert_type(e.error_code, "int | None")
        assert_type(e.error_identifier, "keyword | None")
        assert_type(e.syscall, "str | None")
        assert_type(e.fd, "int | None")
        assert_type(error_message(e), "str | None")
    a, b = make_socket_pair()
    with a, b:
        try:
            read_line(a, timeout=0)
        except poll_timeout as e:
            late: TimeoutError = e
            assert late is e
            assert_type(e.fd, "int | None")
            assert_type(poll_timeout_event_type(e), "keyword | None")
    try:
        read_line(a)
    except socket_closed_error as e:
        closed: OSError = e
        of_stream: stream_error = e
        assert closed is e is of_stream
    try:
        ensure_address("nonsense")
    except parse_error as e:
        wrong: ValueError = e
        assert wrong is e
    try:
        make_socket(backlog=1)  # type: ignore[call-overload]  # pyright: ignore
    except type_error as e:
        of_type: TypeError = e
        of_value: ValueError = e
        assert of_type is e is of_value
        assert_type(e.argument, "str | None")
    try:
        error("nobody in ~A", "here")
    except simple_error as e:
        assert_type(e.format_control, "str | None")
        assert_type(e.format_arguments, "tuple[Any, ...] | None")
    assert_type(type_error(datum=5, expected_type="a string").argument, "str | None")
    with refused:
        type_error(dataum=5)  # type: ignore[call-arg]  # pyright: ignore
    # Who has caught an `error` has no errno yet.
    try:
        raise epipe()
    except error as e:
        e.errno  # type: ignore[attr-defined]  # pyright: ignore


def handlers_and_restarts() -> None:
    seen: list[BaseException] = []

    def on_pipe(e: epipe) -> None:
        assert_type(e.errno, "int | None")
        seen.append(e)

    def retry(e: syscall_error) -> None:
        found = find_restart("ignore-syscall-error", e)
        assert_type(found, "restart | None")
        if found:
            invoke_restart(found)

    a, b = make_socket_pair()
    b.close()
    with a, handler_bind(epipe, on_pipe, syscall_error, retry):
        assert send_to(a, b"x") is not None or seen
    assert len(seen) == 1

    with with_simple_restart("skip", "Skip ~A.", "it"):
        invoke_restart("skip")
    assert_type(signal("nobody listens"), None)
    handler_bind(epipe, lambda: None)  # type: ignore[arg-type, misc]  # pyright: ignore
    with refused:
        handler_bind(epipe)  # type: ignore[call-overload]  # pyright: ignore
    with refused:
        handler_bind(5, on_pipe)  # type: ignore[call-overload]  # pyright: ignore


# ---- What Lisp has and Python lacks

def special_variables() -> None:
    assert_type(default_backlog_size.value, int)
    with ipv6.let(True), default_backlog_size.let(128), non_blocking_sockets.let(True):
        with make_socket() as s:
            assert_type(socket_ipv6_p(s), bool)
    ipv6.value = None
    depth = special("*depth*", 1, "How deep.")
    assert_type(depth, "special[int]")
    assert_type(depth.value, int)
    depth.value += 1
    if ipv6:
        raise AssertionError
    with refused:
        bool(default_backlog_size < 5)  # type: ignore[operator]  # pyright: ignore
    with refused:
        for _ in default_backlog_size:  # type: ignore[misc]  # pyright: ignore
            pass
    # Not to be caught by the library itself: any value can be set.
    with default_backlog_size.let("many"):  # type: ignore[arg-type]  # pyright: ignore
        pass


def keywords_and_values() -> None:
    stream = keyword("stream")
    assert_type(stream.name, str)
    as_text: str = stream
    assert as_text == "stream"
    two = values(1, "a")
    assert_type(two, values[int, str])
    n, text = two
    assert_type(n, int)
    assert_type(text, str)
    assert_type(values("a"), str)
    assert_type(primary_value(two), int)
    assert_type(primary_value("a"), str)
    assert_type(multiple_value_call(make_interface, values("lo", 1)), interface)
    assert multiple_value_list(two) == [1, "a"]
    assert nth_value(1, two) == "a"
    with refused:
        keyword(5)  # type: ignore[arg-type]  # pyright: ignore


def closing() -> None:
    assert_type(close(io.StringIO()), Literal[True])
    assert_type(close(make_socket(), abort=True), Literal[True])
    with make_socket() as s, refused:
        close(s, abrt=True)  # type: ignore[call-arg]
    assert_type(s.close(), bool)


# ---- The modules beside

def small_portable_interface() -> None:
    with trivial_sockets.open_server(host="127.0.0.1") as server:
        assert_type(server, socket_stream_internet_passive)
        with trivial_sockets.open_stream("127.0.0.1", local_port(server), timeout=5) as stream:
            assert_type(stream, socket_stream_internet_active)
            with trivial_sockets.accept_connection(server) as peer:
                write_line("hello", peer)
            assert_type(read_line(stream), str)
    opened = trivial_sockets.open_server(backlog=3)
    made, port = opened
    assert_type(made, socket_stream_internet_passive)
    assert_type(port, int)
    trivial_sockets.close_server(opened)
    try:
        trivial_sockets.accept_connection(made)
    except trivial_sockets.socket_error as e:
        failed: OSError = e
        assert failed and e.nested_error
    with refused:
        trivial_sockets.open_server(protocol="udp")  # type: ignore[arg-type]  # pyright: ignore


def programs_of_common_lisp() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "twice.lisp")
        with open(path, "w") as file:
            file.write("(defun twice (x) (* 2 x))")
        namespace = cl.load_file(path)
        assert_type(namespace, dict[str, Any])
        assert namespace["twice"](4) == 8
    assert cl.oddp(3)
    assert_type(cl.boole_and, Literal[6])
    assert hy_iolib.cl.importer
    with refused:
        cl.no_such_operator  # type: ignore[attr-defined]  # pyright: ignore


RUN = [
    kinds_of_sockets, raw_sockets, pairs_and_descriptors, connecting, what_sockets_say, socket_options,
    transfer, addresses, networks, names, dns, reading, files, tls, event_loop, with_asyncio, conditions,
    handlers_and_restarts, special_variables, keywords_and_values, closing, small_portable_interface,
    programs_of_common_lisp,
]
