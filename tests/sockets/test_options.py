"""Socket options: each row of the table, against what the system says by itself."""

import os
import socket as python
import struct
import time

import pytest

import hy_iolib
from hy_iolib import (IPV4_LOOPBACK, accept_connection, default_linger_seconds, ensure_address, keyword, local_port,
                      lookup_interface, make_socket, make_socket_pair, poll_timeout, read_line, receive_from,
                      set_socket_option, socket_option, socket_option_not_supported_error, type_error, values)
from hy_iolib.sockets.options import ipv6_options, options

TCP = {}
TCP6 = {"ipv6": True}
UDP = {"type": "datagram"}
UDP6 = {"type": "datagram", "ipv6": True}
ROOT = os.geteuid() == 0

# Option, a kind of socket, a value, and what is read then where that is another.
READ_AND_WRITE = [
    ("broadcast", UDP, True), ("dont-route", TCP, True), ("keep-alive", TCP, True), ("oob-inline", TCP, True),
    ("receive-buffer", TCP, 5000, 10000), ("send-buffer", TCP, 5000, 10000), ("receive-low-water", TCP, 7),
    ("receive-timeout", TCP, 1.5), ("send-timeout", TCP, 2, 2.0), ("receive-timeout", TCP, 0, 0.0),
    ("receive-timeout", UDP, None, 0.0),
    ("reuse-address", TCP, True), ("reuse-port", TCP, True), ("priority", TCP, 5), ("tcp-nodelay", TCP, True),
    ("tcp-maxseg", TCP, 1000), ("tcp-cork", TCP, True), ("tcp-defer-accept", TCP, 1), ("tcp-keepcnt", TCP, 5),
    ("tcp-keepidle", TCP, 100), ("tcp-keepintvl", TCP, 10), ("tcp-linger2", TCP, 30), ("tcp-syncnt", TCP, 3),
    ("tcp-window-clamp", TCP, 20000), ("tcp-user-timeout", TCP, 12345), ("tcp-congestion", TCP, "reno"),
    ("ipv6-only", TCP6, True), ("ip-receive-error", UDP, True), ("ip-receive-error", UDP6, True),
    ("multicast-ttl", UDP, 5), ("multicast-ttl", UDP6, 6), ("multicast-loop", UDP, False), ("multicast-loop", UDP6, False),
    ("linger", TCP, 5, (True, 5)), ("linger", TCP, True, (True, 15)), ("linger", TCP, False, (False, 0)),
    ("linger", TCP, None, (False, 0)), ("linger", TCP, (True, 7), (True, 7)), ("linger", TCP, 0, (True, 0)),
    ("linger", TCP, values(True, 8), (True, 8)), ("linger", TCP, [False, 3], (False, 0)),
]


@pytest.mark.parametrize("name, kind, value, expected", [
    pytest.param(*row[:3], *(row[3:] or [row[2]]), id=f"{row[0]}-{i}") for i, row in enumerate(READ_AND_WRITE)])
def test_read_and_write(name, kind, value, expected):
    with make_socket(**kind) as s:
        assert set_socket_option(s, name, value) is value
        for known_as in (name, name.upper(), name.replace("-", "_"), keyword(name)):
            assert socket_option(s, known_as) == expected
        assert type(socket_option(s, name)) is type(expected) or name == "linger"


# The constants by number where Python has none.
CONSTANTS = {"ip-receive-error": (0, 11), "icmp-filter": (255, 1)}


def test_bools_and_integers_are_those_of_the_system():
    """Each row, read and set behind our back."""
    checked = set()
    for kind in (TCP, UDP, TCP6, UDP6):
        with make_socket(**kind) as s:
            for name, row in {**options, **(ipv6_options if s.family == python.AF_INET6 else {})}.items():
                if row is None or row[2] not in ("bool", "int") or "r" not in row[3]:
                    continue
                try:
                    system = s.python_socket.getsockopt(*row[:2])
                except OSError:
                    continue
                assert socket_option(s, name) == system and isinstance(socket_option(s, name), bool) is (row[2] == "bool")
                checked.add(name)
    assert len(checked) > 25


def test_linger_by_itself():
    with make_socket() as s:
        assert socket_option(s, "linger") == (False, 0) and not socket_option(s, "linger")
        with default_linger_seconds.let(3):
            set_socket_option(s, "linger", True)
        assert socket_option(s, "linger").seconds == 3 and socket_option(s, "linger").on is True
        assert s.python_socket.getsockopt(python.SOL_SOCKET, python.SO_LINGER, 8) == struct.pack("ii", 1, 3)


def test_read_only():
    with make_socket(connect="passive", local_host=IPV4_LOOPBACK) as server, make_socket() as s:
        assert socket_option(server, "accept-connections") is True and socket_option(s, "accept-connections") is False
        assert socket_option(s, "type") == python.SOCK_STREAM and socket_option(s, "error") == 0
        for name in ("accept-connections", "type", "error", "peer-credentials"):
            with pytest.raises(type_error, match=f"option-name: '{name}' is not an option that can be set"):
                set_socket_option(s, name, 1)


def test_the_pending_error():
    with make_socket(type="datagram", local_host=IPV4_LOOPBACK) as gone:
        port = local_port(gone)
    with make_socket(type="datagram", remote_host=IPV4_LOOPBACK, remote_port=port) as s:
        hy_iolib.send_to(s, b"x")
        deadline = time.monotonic() + 10
        while not (code := socket_option(s, "error")) and time.monotonic() < deadline:
            pass
        assert code == hy_iolib.econnrefused.code and socket_option(s, "error") == 0


@pytest.mark.skipif(not ROOT, reason="binding to a device is for root")
def test_write_only():
    with make_socket(type="datagram") as s:
        for value in ("lo", 1, lookup_interface("lo"), None, ""):
            set_socket_option(s, "bind-to-device", value)
            device = s.python_socket.getsockopt(python.SOL_SOCKET, python.SO_BINDTODEVICE, 16).rstrip(b"\0")
            assert device == (b"lo" if value else b"")
        with pytest.raises(hy_iolib.unknown_interface):
            set_socket_option(s, "bind-to-device", "nonesuch")
        for name in ("bind-to-device", "multicast-join", "multicast-leave"):
            with pytest.raises(type_error, match=f"'{name}' is not an option that can be read"):
                socket_option(s, name)


@pytest.mark.skipif(not ROOT, reason="raw sockets are for root")
def test_of_raw_sockets():
    with make_socket(type="raw", protocol="icmp") as s:
        set_socket_option(s, "icmp-filter", 1 << hy_iolib.icmp_echo_reply)
        assert socket_option(s, "icmp-filter") == 1
        set_socket_option(s, "ip-header-include", True)
        assert socket_option(s, "ip-header-include") is True


def test_multicast():
    """A group on the loopback interface: what is sent to it comes, until it is left."""
    group = ensure_address("224.0.0.251")
    with make_socket(type="datagram", local_host="0.0.0.0") as s, make_socket(type="datagram") as sender:
        sender.python_socket.setsockopt(python.IPPROTO_IP, python.IP_MULTICAST_IF, python.inet_aton("127.0.0.1"))
        for joined in ((group, "lo"), [str(group), 1], (group, lookup_interface("lo"))):
            set_socket_option(s, "multicast-join", joined)
            hy_iolib.send_to(sender, b"x", remote_host=group, remote_port=local_port(s))
            assert receive_from(s, size=1, timeout=5).data == b"x"
            with pytest.raises(hy_iolib.socket_address_in_use_error):
                set_socket_option(s, "multicast-join", joined)
            set_socket_option(s, "multicast-leave", joined)
            with pytest.raises(hy_iolib.socket_address_not_available_error):
                set_socket_option(s, "multicast-leave", joined)
    with make_socket(type="datagram", ipv6=True) as s:
        for joined in (("ff02::123", "lo"), "ff02::123%lo"):
            set_socket_option(s, "multicast-join", joined)
            set_socket_option(s, "multicast-leave", joined)
        with pytest.raises(type_error, match="an IPv6 group, as the socket is"):
            set_socket_option(s, "multicast-join", group)
    with make_socket(type="datagram") as s:
        with pytest.raises(type_error, match="an IPv4 group, as the socket is"):
            set_socket_option(s, "multicast-join", "ff02::1")
        with pytest.raises(hy_iolib.einval):
            set_socket_option(s, "multicast-join", "10.0.0.1")
        with pytest.raises(hy_iolib.parse_error):
            set_socket_option(s, "multicast-join", "x")


def test_limits_are_ours():
    """A wait that is given no time-out ends with them, by the condition of the others."""
    a, b = make_socket_pair()
    with a, b:
        set_socket_option(a, "receive-timeout", 0.05)
        for wait in (lambda: receive_from(a, size=1), lambda: receive_from(a, buffer=bytearray(1)), lambda: read_line(a)):
            start = time.monotonic()
            with pytest.raises(poll_timeout):
                wait()
            assert time.monotonic() - start < 5
        set_socket_option(b, "receive-timeout", 0.05)
        assert socket_option(a, "send-timeout") == 0.0
        set_socket_option(a, "send-timeout", 0.05)
        with pytest.raises(poll_timeout):
            while True:
                hy_iolib.send_to(a, bytes(100000))
        # One that is given counts.
        start = time.monotonic()
        with pytest.raises(poll_timeout):
            receive_from(a, size=1, timeout=0.3)
        assert time.monotonic() - start >= 0.3
    with make_socket() as s:
        assert socket_option(s, "receive-timeout") == 0.0
        for wrong in (-1, "1", True):
            with pytest.raises(type_error, match="value: "):
                set_socket_option(s, "receive-timeout", wrong)


@pytest.mark.parametrize("name, wrong", [
    ("receive-buffer", -2), ("receive-buffer", "x"), ("receive-buffer", 2**31), ("receive-buffer", None),
    ("receive-buffer", 1.5), ("linger", -1), ("linger", 65536), ("linger", "x"), ("linger", (True, "x")),
    ("tcp-congestion", 5), ("tcp-congestion", ""), ("tcp-congestion", "x" * 16), ("tcp-congestion", "a\0"),
    ("tcp-congestion", "ü"), ("bind-to-device", 1.5)])
def test_bad_values(name, wrong):
    with make_socket() as s, pytest.raises(type_error, match="value: |interface: "):
        set_socket_option(s, name, wrong)


def test_limits_are_for_every_operator_that_waits(tmp_path):
    os.chdir(tmp_path)
    with make_socket(address_family="local", connect="passive", local_filename="s", backlog=1) as server:
        set_socket_option(server, "receive-timeout", 0.05)
        assert accept_connection(server) is None
        waiting = []
        try:
            with pytest.raises(poll_timeout):
                for _ in range(10):
                    s = make_socket(address_family="local")
                    waiting.append(s)
                    set_socket_option(s, "send-timeout", 0.05)
                    hy_iolib.connect(s, "s")
        finally:
            for s in waiting:
                s.close()
    a, b = make_socket_pair()
    with a, b:
        set_socket_option(a, "receive-timeout", 0.1)
        with pytest.raises(poll_timeout):
            hy_iolib.receive_file_descriptor(a)
    with make_socket() as s:
        set_socket_option(s, "receive-timeout", 10**400)
        assert socket_option(s, "receive-timeout") == 1e9


def test_credentials_are_of_local_sockets():
    with make_socket() as s, pytest.raises(type_error, match="socket-option: socket: .* is not a local socket"):
        socket_option(s, "peer-credentials")


def test_bad_names_and_kinds():
    with make_socket() as s:
        for wrong in ("tcp-nodelai", "", None, 5):
            with pytest.raises(type_error, match="option-name: .* is not one of :accept-connections"):
                socket_option(s, wrong)
            with pytest.raises(type_error):
                set_socket_option(s, wrong, 1)
        with pytest.raises(hy_iolib.enoent):
            set_socket_option(s, "tcp-congestion", "nonesuch")
    with make_socket(type="datagram") as s, pytest.raises(hy_iolib.socket_error):
        socket_option(s, "tcp-nodelay")


def test_options_of_other_systems():
    with make_socket() as s:
        for name in ("use-loopback", "no-sigpipe", "tcp-noopt", "tcp-nopush"):
            if options[name] is not None:
                continue
            for ask in (lambda **k: socket_option(s, name, **k), lambda **k: set_socket_option(s, name, True, **k)):
                with pytest.raises(socket_option_not_supported_error, match=f"no option '{name}'"):
                    ask()
                with pytest.raises(socket_option_not_supported_error):
                    ask(if_does_not_exist="error")
                assert ask(if_does_not_exist=None) is None
                with pytest.raises(type_error, match="if-does-not-exist"):
                    ask(if_does_not_exist="ignore")


def test_an_accepted_connection_has_options_of_its_own():
    with make_socket(connect="passive", local_host=IPV4_LOOPBACK) as server:
        set_socket_option(server, "receive-timeout", 0.05)
        with make_socket(remote_host=IPV4_LOOPBACK, remote_port=local_port(server)), accept_connection(server) as peer:
            assert socket_option(peer, "receive-timeout") == 0.0
