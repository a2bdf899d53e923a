"""Datagrams: to whom, from whom, how much of them; flags; the restarts."""

import array
import ctypes
import os
import socket as python
import time

import pytest

import hy_iolib
from hy_iolib import (IPV4_LOOPBACK, connect, disconnect, ensure_address, handler_bind, invoke_restart, ipv6, keyword,
                      local_address, local_host, local_name, local_port, make_socket, make_socket_pair, poll_timeout,
                      receive_from, remote_host, send_to, socket_connected_p, type_error, wait_until_fd_ready)

HOST = IPV4_LOOPBACK


@pytest.fixture
def server():
    with make_socket(type="datagram", local_host=HOST) as s:
        yield s


@pytest.fixture
def client():
    with make_socket(type="datagram") as s:
        yield s


@pytest.mark.parametrize("host", [HOST, "127.0.0.1", "localhost", (127, 0, 0, 1), 0x7F000001, hy_iolib.LOOPBACK,
                                  python.inet_aton("127.0.0.1")], ids=str)
def test_to_and_from_an_address(server, client, host):
    for text in (b"one", b"two", bytearray(b"three"), [102, 111], memoryview(b"x"), b""):
        octets = bytes(text)
        assert send_to(client, text, remote_host=host, remote_port=local_port(server)) == len(octets)
        for arguments in ({"size": 100}, {"buffer": bytearray(100)}):
            got = receive_from(server, **arguments)
            assert (got.data, got.count, got.truncated) == (octets, len(octets), False)
            assert (got.host, got.port) == (HOST, local_port(client)) == (got[2], got[3])
            if arguments.get("size"):
                # And back to whom it came from.
                assert send_to(server, text, remote_host=got.host, remote_port=got.port) == len(octets)
                assert receive_from(client, size=100).data == octets
                assert send_to(client, text, remote_host=host, remote_port=str(local_port(server))) == len(octets)


def test_the_last_destination_does_not_stick(client):
    with make_socket(type="datagram", local_host=HOST) as a, make_socket(type="datagram", local_host="127.0.0.2") as b:
        for target in (a, b, a, a, b, b):
            send_to(client, b"x", remote_host=local_host(target), remote_port=local_port(target))
            assert receive_from(target, size=1, timeout=5).data == b"x"
        # The same host, another port.
        with make_socket(type="datagram", local_host=HOST) as c:
            for target in (a, c, a, c):
                send_to(client, b"x", remote_host=HOST, remote_port=local_port(target))
                assert receive_from(target, size=1, timeout=5).data == b"x"


def test_the_last_sender_does_not_stick(server):
    with make_socket(type="datagram", local_host="127.0.0.2") as a, make_socket(type="datagram", local_host="127.0.0.3") as b:
        for sender in (a, b, b, a):
            send_to(sender, b"x", remote_host=HOST, remote_port=local_port(server))
            got = receive_from(server, size=1)
            assert (got.host, got.port) == local_name(sender)


def test_loopback_follows_ipv6_when_it_is_used(server):
    with make_socket(type="datagram", ipv6=True) as client:
        for wish in (None, True, None):
            with ipv6.let(wish):
                if wish is None:
                    send_to(client, b"x", remote_host=hy_iolib.LOOPBACK, remote_port=local_port(server))
                    assert str(receive_from(server, size=1).host) == "127.0.0.1"
                else:
                    send_to(client, b"x", remote_host=hy_iolib.LOOPBACK, remote_port=local_port(server))
                    with pytest.raises(poll_timeout):
                        receive_from(server, size=1, timeout=0.05)


def test_ipv6_reaches_ipv4(server):
    with make_socket(type="datagram", ipv6=True, local_host="::") as s:
        send_to(s, b"x", remote_host="127.0.0.1", remote_port=local_port(server))
        got = receive_from(server, size=1)
        send_to(server, b"yz", remote_host=got.host, remote_port=got.port)
        back = receive_from(s, size=10)
        assert back.data == b"yz" and str(back.host) == "::ffff:127.0.0.1"


def test_truncation_is_told(server, client):
    def send(octets):
        send_to(client, octets, remote_host=HOST, remote_port=local_port(server))
    for arguments, room in (({"size": 3}, 3), ({"buffer": bytearray(3)}, 3), ({"buffer": bytearray(9), "end": 3}, 3),
                            ({"buffer": bytearray(9), "start": 6}, 3), ({"buffer": [0] * 3}, 3),
                            ({"buffer": array.array("i", [0])}, 4), ({"size": 0}, 0)):
        for octets in (b"12345", b"123"[:room], b"1"[:room]):
            send(octets)
            got = receive_from(server, **arguments)
            assert got.truncated is (len(octets) > room) and got.count == min(len(octets), room)
            if not isinstance(arguments.get("buffer"), array.array):
                assert got.data == octets[:room]
    send(b"12345")
    assert receive_from(server, size=2, peek=True).truncated and receive_from(server, size=9).data == b"12345"


def test_connected_datagram_sockets(server, client):
    assert connect(client, HOST, port=local_port(server)) is client and socket_connected_p(client)
    assert remote_host(client) == HOST and send_to(client, b"x") == 1
    assert receive_from(server, size=1).port == local_port(client)
    with make_socket(type="datagram", local_host=HOST) as stranger:
        send_to(stranger, b"from a stranger", remote_host=HOST, remote_port=local_port(client))
        with pytest.raises(poll_timeout):
            receive_from(client, size=20, timeout=0.05)
        # To another peer, and to none.
        connect(client, HOST, port=local_port(stranger))
        assert send_to(client, b"y") == 1 and receive_from(stranger, size=1).data == b"y"
        assert disconnect(client) is client and not socket_connected_p(client)
        with pytest.raises(hy_iolib.edestaddrreq):
            send_to(client, b"x")
        assert disconnect(client) is client
        send_to(client, b"z", remote_host=HOST, remote_port=local_port(server))
        assert receive_from(server, size=1).data == b"z"
    with make_socket(type="datagram", remote_host=HOST, remote_port=local_port(server)) as s:
        hy_iolib.write_line("as a stream", s)
        hy_iolib.finish_output(s)
        assert receive_from(server, size=100).data == b"as a stream\n"
        send_to(server, b"a line\nand", remote_host=HOST, remote_port=local_port(s))
        assert hy_iolib.read_line(s, timeout=5) == "a line"


def test_a_refusal_comes_back(client):
    with make_socket(type="datagram", local_host=HOST) as gone:
        port = local_port(gone)
    connect(client, HOST, port=port)
    send_to(client, b"x")
    with pytest.raises(ConnectionRefusedError):
        receive_from(client, size=1, timeout=5)


def test_local_datagrams(tmp_path):
    with make_socket(address_family="local", type="datagram", local_filename=tmp_path / "server") as server, \
            make_socket(address_family="local", type="datagram",
                        local_filename=local_address(f"hy_iolib test {os.getpid()}", abstract=True)) \
            as client, make_socket(address_family="local", type="datagram") as nameless:
        for target in (str(tmp_path / "server"), tmp_path / "server", local_address(tmp_path / "server"),
                       bytes(tmp_path / "server")):
            assert send_to(client, b"hello", remote_filename=target) == 5
            got = receive_from(server, size=3)
            assert got.data == b"hel" and got.truncated and got.port is None
            assert got.host == local_address(f"hy_iolib test {os.getpid()}", abstract=True)
        assert send_to(server, b"back", remote_filename=got.host) == 4
        assert receive_from(client, buffer=bytearray(9)).host == local_address(tmp_path / "server")
        send_to(nameless, b"who?", remote_filename=tmp_path / "server")
        assert receive_from(server, size=4).host == local_address("")
        connect(nameless, tmp_path / "server")
        assert send_to(nameless, b"x") == 1 and hy_iolib.remote_filename(nameless) == str(tmp_path / "server")
        disconnect(nameless)
        with pytest.raises(hy_iolib.socket_not_connected_error):
            send_to(nameless, b"x")
        with pytest.raises(hy_iolib.enoent):
            send_to(client, b"x", remote_filename=tmp_path / "none")


@pytest.mark.parametrize("arguments, message", [
    ({"remote_host": HOST, "remote_port": 65536}, "port: 65536"), ({"remote_port": 5}, "remote-port: 5 is not of use without"),
    ({"remote_filename": "x"}, "remote-filename: 'x' is not of use with an internet socket"),
    ({"remote_host": None, "remote_filename": 5}, "remote-filename"), ({"remote_host": 3.5, "remote_port": 1}, "address: 3.5 is not a host"),
    ({"flags": "fast"}, "flags: 'fast' is not one of :out-of-band"), ({"flags": ["more", 5]}, "flags: 5"),
    ({"flags": 1.5}, "flags: 1.5"), ({"start": 5}, "start: 5"), ({"end": 9}, "end: 9"), ({"timeout": -1}, "timeout: -1"),
    ({"remote_hots": HOST}, "did you mean :remote-host"), ({"ipv6": "no", "remote_host": "localhost", "remote_port": 1}, "ipv6: 'no'")])
def test_bad_arguments_of_send_to(client, arguments, message):
    with pytest.raises(type_error, match=message):
        send_to(client, b"xyz", **arguments)


def test_destinations_are_for_datagrams():
    a, b = make_socket_pair()
    with a, b, pytest.raises(type_error, match="a datagram socket: a stream has its peer already"):
        send_to(a, b"x", remote_filename="x")


def test_addresses_of_the_other_family(client):
    with pytest.raises(hy_iolib.socket_address_family_not_supported_error):
        send_to(client, b"x", remote_host="::1", remote_port=9)
    with pytest.raises(hy_iolib.resolver_no_name_error):
        send_to(client, b"x", remote_host="no-such-host.invalid", remote_port=9)


def test_too_long_a_datagram(client):
    with pytest.raises(hy_iolib.emsgsize):
        send_to(client, bytes(70000), remote_host=HOST, remote_port=9)


def test_broadcast_must_be_allowed(client):
    with pytest.raises(hy_iolib.eacces):
        send_to(client, b"x", remote_host="255.255.255.255", remote_port=9)


# ---- Flags

def test_flags_by_name_and_number(server, client):
    def send(octets, **keywords):
        assert send_to(client, octets, remote_host=HOST, remote_port=local_port(server), **keywords) == len(octets)
    send(b"1", dont_route=True)
    send(b"2", flags="dont-route", confirm=True)
    send(b"3", flags=["dont-route", keyword("CONFIRM")])
    send(b"4", flags=python.MSG_DONTROUTE)
    send(b"5a", more=True)
    send(b"5b")  # goes with the one before
    for octets in (b"1", b"2", b"3", b"4", b"5a5b"):
        for arguments in ({"peek": True}, {"flags": "peek"}, {"flags": [keyword("peek")]}, {"flags": python.MSG_PEEK}, {}):
            assert receive_from(server, size=9, timeout=5, **arguments).data == octets
    for arguments in ({"dont_wait": True}, {"flags": "dont-wait"}, {"flags": python.MSG_DONTWAIT}, {"flags": ["dont-wait", "peek"]}):
        with pytest.raises(hy_iolib.ewouldblock):
            receive_from(server, size=1, **arguments)
    with pytest.raises(type_error, match="flags: 'more' is not one of :out-of-band, :peek, :dont-wait, :wait-all"):
        receive_from(server, size=1, flags="more")


def test_wait_all_by_flag():
    a, b = make_socket_pair()
    with a, b:
        for arguments in ({"wait_all": True}, {"flags": "wait-all"}, {"flags": python.MSG_WAITALL}):
            send_to(a, b"abc")
            with pytest.raises(poll_timeout):
                receive_from(b, size=5, timeout=0)
                receive_from(b, size=5, timeout=0)
            send_to(a, b"abcde")
            assert receive_from(b, size=5, **arguments).data == b"abcde"
        for arguments in ({"peek": True, "wait_all": True}, {"flags": ["peek", "wait-all"]}):
            with pytest.raises(type_error, match="both :peek and :wait-all"):
                receive_from(b, size=1, **arguments)


def test_out_of_band():
    with make_socket(connect="passive", local_host=HOST) as listener, \
            make_socket(remote_host=HOST, remote_port=local_port(listener)) as s, \
            hy_iolib.accept_connection(listener) as peer:
        send_to(s, b"ab")
        send_to(s, b"!", flags="out-of-band")
        assert receive_from(peer, size=9, wait_all=False, timeout=5).data == b"ab"
        hy_iolib.set_socket_option(peer, "oob-inline", False)
        assert receive_from(peer, size=1, out_of_band=True, timeout=5).data == b"!"


# ---- Restarts

def test_ignored_and_retried(server, client):
    ignored = []

    def ignore(c):
        ignored.append(c)
        invoke_restart("ignore-syscall-error")

    with handler_bind(hy_iolib.ewouldblock, ignore):
        got = receive_from(server, size=5, dont_wait=True)
        assert got.count == 0 and got.host is None and len(ignored) == 1
    with handler_bind(hy_iolib.edestaddrreq, ignore):
        assert send_to(client, b"x") == 0

    def send_then_retry(c):
        send_to(client, b"late", remote_host=HOST, remote_port=local_port(server))
        invoke_restart("retry-syscall", 5)

    with handler_bind(hy_iolib.ewouldblock, send_then_retry):
        got = receive_from(server, size=9, dont_wait=True)
        assert got.data == b"late" and got.host == HOST


def test_time_limits(server):
    for arguments in ({"size": 1}, {"buffer": bytearray(1)}):
        with pytest.raises(poll_timeout):
            receive_from(server, timeout=0.02, **arguments)
    hy_iolib.set_socket_option(server, "receive-timeout", 0.02)
    for arguments in ({"size": 1}, {"buffer": bytearray(1)}):
        with pytest.raises(poll_timeout):
            receive_from(server, **arguments)


def test_a_peer_with_no_room(tmp_path, in_thread):
    """The system says ready, and the call that it would block: the limit holds all the same."""
    os.chdir(tmp_path)
    local = {"address_family": "local", "type": "datagram"}
    with make_socket(**local, local_filename="full") as full, make_socket(**local) as s:
        start = time.thread_time()
        with pytest.raises(poll_timeout):
            while True:
                send_to(s, b"x", remote_filename="full", timeout=0.3)
        assert time.thread_time() - start < 0.2  # it did not spin
        sending = in_thread(lambda: send_to(s, b"late", remote_filename="full"))
        receive_from(full, size=1)
        assert sending() == 4
        sending = in_thread(lambda: [send_to(s, b"x", remote_filename="full") for _ in range(1000)])
        # There is no room for so many: once it is full, whoever sends them has to wait.
        with make_socket(**local) as other, pytest.raises(hy_iolib.ewouldblock):
            while True:
                send_to(other, b"y", remote_filename="full", dont_wait=True)
        s.close()
        with pytest.raises(hy_iolib.socket_closed_error):
            sending()


def test_what_is_shut_down_for_reading(tmp_path):
    a, b = make_socket_pair(type="datagram")
    with a, b:
        hy_iolib.shutdown(a, read=True)
        for wait in (lambda: receive_from(a, size=3, timeout=0.1), lambda: hy_iolib.receive_file_descriptor(a, timeout=0.1),
                     lambda: hy_iolib.read_byte(a, timeout=0.1)):
            with pytest.raises((poll_timeout, hy_iolib.end_of_file)):
                wait()
    os.chdir(tmp_path)
    with make_socket(address_family="local", connect="passive", local_filename="s") as server:
        hy_iolib.shutdown(server, read=True)
        assert hy_iolib.accept_connection(server, wait=0.1) is None


def test_a_buffer_without_a_length_costs_no_datagram(server, client):
    for octets in (b"12345678", b"abcdefgh"):
        send_to(client, octets, remote_host=HOST, remote_port=local_port(server))
        buffer = ctypes.c_uint64()
        got = receive_from(server, buffer=buffer)
        assert bytes(buffer) == octets == got.data and not got.truncated


def test_ports_are_looked_at_each_time(client, server):
    send_to(client, b"x", remote_host=HOST, remote_port=local_port(server))
    for wrong in (True, float(local_port(server)), None, [1]):
        with pytest.raises((type_error, hy_iolib.einval)):
            send_to(client, b"x", remote_host=HOST, remote_port=wrong)


def test_flags_of_the_system(client):
    for wrong in (2**32 + 2, 10**30, -1):
        with pytest.raises(type_error, match="flags: "):
            send_to(client, b"x", flags=wrong)


def test_failures_name_the_place(client, tmp_path):
    with make_socket(address_family="local", type="datagram") as s:
        with pytest.raises(hy_iolib.enoent, match="sendto '/nowhere/at/all'"):
            send_to(s, b"x", remote_filename="/nowhere/at/all")
        with pytest.raises(type_error, match="one of :remote-host and :remote-filename"):
            send_to(s, b"x", remote_filename="a", remote_host="b")
    with pytest.raises(hy_iolib.eacces, match="sendto 255.255.255.255/9"):
        send_to(client, b"x", remote_host="255.255.255.255", remote_port=9)


def test_retrying_without_a_limit(server, client, in_thread):
    def retry(c):
        send_to(client, b"late", remote_host=HOST, remote_port=local_port(server))
        invoke_restart("retry-syscall", None)

    with handler_bind(hy_iolib.ewouldblock, retry):
        assert receive_from(server, size=9, dont_wait=True).data == b"late"


def test_ensure_nothing_is_kept_of_names(server, client, monkeypatch):
    """What a name stands for can change."""
    answers = ["127.0.0.1", "127.0.0.9"]
    monkeypatch.setattr(python, "getaddrinfo",
                        lambda *a: [(python.AF_INET, python.SOCK_DGRAM, 17, "", (answers.pop(0), 0))])
    with make_socket(type="datagram", local_host="127.0.0.9", local_port=local_port(server)) as other:
        for target in (server, other):
            send_to(client, b"x", remote_host="host", remote_port=local_port(server))
            assert receive_from(target, size=1, timeout=5).data == b"x"
    assert ensure_address("127.0.0.9")


@pytest.mark.parametrize("options", [{"size": 10}, {"buffer": bytearray(10)}, {"size": 10, "dont_wait": True},
                                     {"size": 10, "timeout": 5}], ids=str)
def test_that_nobody_listens_is_told_once(options):
    with make_socket(type="datagram", local_host=IPV4_LOOPBACK) as gone:
        port = local_port(gone)
    with make_socket(type="datagram", remote_host=IPV4_LOOPBACK, remote_port=port) as s:
        send_to(s, b"anybody?")
        wait_until_fd_ready(s, "input", 5)
        with pytest.raises(ConnectionRefusedError):
            receive_from(s, **options)
        with pytest.raises(BlockingIOError):
            receive_from(s, size=10, dont_wait=True)
