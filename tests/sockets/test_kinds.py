"""Every kind of socket, and every operator on each of them: it works, or says what is wrong."""

import contextlib
import inspect
import os
import socket as python

import pytest

import hy_iolib
from hy_iolib import (IPV4_LOOPBACK, IPV6_LOOPBACK, accept_connection, active_socket, bind_address, close, connect,
                      datagram_socket, disconnect, fd_non_blocking, fd_of, internet_socket, keyword, listen_on,
                      local_address, local_filename, local_host, local_name, local_port, local_socket, make_address,
                      make_socket, make_socket_from_fd, make_socket_pair, netlink_address, passive_socket,
                      receive_file_descriptor, receive_from, remote_filename, remote_host, remote_name, remote_port,
                      send_file_descriptor, send_to, set_socket_option, shutdown, socket, socket_address_family,
                      socket_connected_p, socket_ipv6_p, socket_open_p, socket_option, socket_os_fd, socket_protocol,
                      socket_type, stream_socket, type_error)

RAW = hasattr(os, "geteuid") and os.geteuid() == 0

KINDS = {
    "tcp": {},
    "tcp listener": {"connect": "passive"},
    "tcp6": {"ipv6": True},
    "tcp6 listener": {"connect": "passive", "ipv6": True},
    "udp": {"type": "datagram"},
    "udp6": {"type": "datagram", "ipv6": True},
    "local": {"address_family": "local"},
    "local listener": {"address_family": "local", "connect": "passive"},
    "local datagram": {"address_family": "local", "type": "datagram"},
    "raw": {"type": "raw", "protocol": "icmp"},
    "netlink": {"address_family": "netlink", "type": "raw", "protocol": 0},
}
INTERNET = {"tcp", "tcp listener", "tcp6", "tcp6 listener", "udp", "udp6", "raw"}
LOCAL = {"local", "local listener", "local datagram"}
LISTENERS = {"tcp listener", "tcp6 listener", "local listener"}
STREAMS = {"tcp", "tcp6", "local"}
DATAGRAMS = {"udp", "udp6", "local datagram"}
ALL = set(KINDS)
ACTIVE = ALL - LISTENERS


@pytest.fixture(params=KINDS)
def kind(request):
    if request.param == "raw" and not RAW:
        pytest.skip("raw sockets are for root")
    return request.param


@pytest.fixture
def fresh(kind):
    with make_socket(**KINDS[kind]) as s:
        yield s


def somewhere(kind, tmp_path):
    """Arguments of bind-address."""
    if kind in LOCAL:
        return (str(tmp_path / "socket"),), {}
    if kind == "netlink":
        return (netlink_address(0),), {"port": 0}
    if kind == "raw":
        return (IPV4_LOOPBACK,), {}
    return (IPV6_LOOPBACK if "6" in kind else IPV4_LOOPBACK,), {"port": 0}


CLASSES = {
    "tcp": "socket_stream_internet_active", "tcp listener": "socket_stream_internet_passive",
    "tcp6": "socket_stream_internet_active", "tcp6 listener": "socket_stream_internet_passive",
    "udp": "socket_datagram_internet_active", "udp6": "socket_datagram_internet",
    "local": "socket_stream_local_active", "local listener": "socket_stream_local_passive",
    "local datagram": "socket_datagram_local_active", "raw": "socket_raw_internet", "netlink": "socket_raw_netlink"}


def test_the_classes(kind, fresh):
    assert type(fresh) is getattr(hy_iolib, CLASSES[kind])
    for mixin, members in ((socket, ALL), (internet_socket, INTERNET), (local_socket, LOCAL),
                           (passive_socket, LISTENERS), (active_socket, ACTIVE), (datagram_socket, DATAGRAMS),
                           (stream_socket, STREAMS | LISTENERS), (hy_iolib.raw_socket, {"raw", "netlink"}),
                           (hy_iolib.netlink_socket, {"netlink"}), (hy_iolib.dual_channel_gray_stream, ACTIVE),
                           (hy_iolib.dual_channel_fd_mixin, ALL)):
        assert isinstance(fresh, mixin) is (kind in members), mixin


def test_what_a_fresh_one_says(kind, fresh):
    family = "local" if kind in LOCAL else "netlink" if kind == "netlink" else "ipv6" if "6" in kind else "ipv4"
    assert socket_address_family(fresh) == family
    assert socket_type(fresh) == ("datagram" if kind in DATAGRAMS else "raw" if kind in ("raw", "netlink") else "stream")
    assert socket_protocol(fresh) == ("icmp" if kind == "raw" else "default")
    assert socket_ipv6_p(fresh) is hy_iolib.ipv6_socket_p(fresh) is ("6" in kind)
    assert socket_open_p(fresh) and not socket_connected_p(fresh)
    assert socket_os_fd(fresh) == fd_of(fresh) == fresh.fileno() == fresh.python_socket.fileno()
    assert fd_non_blocking(fresh) is False
    assert not os.get_inheritable(fresh.fileno()) and not fresh.python_socket.getblocking()
    assert socket_option(fresh, "type") == fresh.python_socket.type


PRINTED = {
    "tcp": ("#<active IPv4 stream socket, unconnected>", "#<active IPv4 stream socket, unconnected>"),
    "tcp listener": ("#<passive IPv4 stream socket unbound>", "#<passive IPv4 stream socket waiting @ 127.0.0.1/{port}>"),
    "tcp6": ("#<active IPv6 stream socket, unconnected>", "#<active IPv6 stream socket, unconnected>"),
    "tcp6 listener": ("#<passive IPv6 stream socket unbound>", "#<passive IPv6 stream socket waiting @ ::1/{port}>"),
    "udp": ("#<IPv4 datagram socket unbound>", "#<IPv4 datagram socket waiting @ 127.0.0.1/{port}>"),
    "udp6": ("#<IPv6 datagram socket unbound>", "#<IPv6 datagram socket waiting @ ::1/{port}>"),
    "local": ("#<active local stream socket, unconnected>", "#<active local stream socket, unconnected>"),
    "local listener": ("#<passive local stream socket unbound>", "#<passive local stream socket waiting @ {path}>"),
    "local datagram": ("#<local datagram socket unbound>", "#<local datagram socket waiting @ {path}>"),
    "raw": ("#<IPv4 raw socket unbound>", "#<IPv4 raw socket waiting @ 127.0.0.1>"),
    "netlink": ("#<netlink raw socket unbound>", None),
}


def test_printed_forms(kind, fresh, tmp_path):
    before, after = PRINTED[kind]
    assert repr(fresh) == before
    arguments, keywords = somewhere(kind, tmp_path)
    bind_address(fresh, *arguments, **keywords)
    if after:
        port = fresh.python_socket.getsockname()[1] if kind in INTERNET else 0
        assert repr(fresh) == after.format(port=port, path=tmp_path / "socket")
    fresh.close()
    assert repr(fresh).endswith("socket, closed>")


# ---- Operator × kind

def bound(s, tmp_path, kind):
    arguments, keywords = somewhere(kind, tmp_path)
    return bind_address(s, *arguments, **keywords)


# Operator: a call; the kinds that it is for, on others it is a type-error; the conditions that it signals on
# fresh sockets of these kinds.
NOT_CONNECTED = dict.fromkeys(ALL, "socket_not_connected_error")
ROWS = {
    "bind-address": (lambda s, k, t: bound(s, t, k) is s, ALL, {}),
    "listen-on": (lambda s, k, t: listen_on(bound(s, t, k)) is s, LISTENERS, {}),
    "accept-connection": (lambda s, k, t: accept_connection(listen_on(bound(s, t, k)) if k in LISTENERS else s,
                                                            wait=False) is None, LISTENERS, {}),
    "accept-connection unbound": (lambda s, k, t: accept_connection(s, wait=False), LISTENERS,
                                  dict.fromkeys(LISTENERS, "einval")),
    "disconnect": (lambda s, k, t: disconnect(s) is s, DATAGRAMS, {}),
    "shutdown": (lambda s, k, t: shutdown(s, read=True), ALL,
                 {**dict.fromkeys(ACTIVE - {"local", "local datagram"}, "socket_not_connected_error"),
                  "tcp listener": "socket_not_connected_error", "tcp6 listener": "socket_not_connected_error",
                  "netlink": "socket_operation_not_supported_error"}),
    "send-to": (lambda s, k, t: send_to(s, b"x"), ACTIVE,
                {"tcp": "epipe", "tcp6": "epipe", "udp": "edestaddrreq", "udp6": "edestaddrreq",
                 "local": "socket_not_connected_error", "local datagram": "socket_not_connected_error",
                 "raw": "edestaddrreq", "netlink": None}),
    "receive-from": (lambda s, k, t: receive_from(s, size=1, dont_wait=True), ACTIVE,
                     {"tcp": "socket_not_connected_error", "tcp6": "socket_not_connected_error", "local": "einval",
                      **dict.fromkeys(ACTIVE - STREAMS, "ewouldblock")}),
    "send-file-descriptor": (lambda s, k, t: send_file_descriptor(s, 0), {"local", "local datagram"},
                             {"local": "socket_not_connected_error", "local datagram": "socket_not_connected_error"}),
    "receive-file-descriptor": (lambda s, k, t: receive_file_descriptor(s, timeout=0), {"local", "local datagram"},
                                {"local": "einval", "local datagram": "poll_timeout"}),
    "local-name": (lambda s, k, t: local_name(s) is not None, ALL, {}),
    "local-host": (lambda s, k, t: local_host(s) is not None, INTERNET, {}),
    "local-port": (lambda s, k, t: local_port(s) >= 0, INTERNET, {}),
    "local-filename": (lambda s, k, t: local_filename(s) is None, LOCAL, {}),
    "remote-name": (lambda s, k, t: remote_name(s), ALL, {**NOT_CONNECTED, "netlink": None}),
    "remote-host": (lambda s, k, t: remote_host(s), INTERNET, NOT_CONNECTED),
    "remote-port": (lambda s, k, t: remote_port(s), INTERNET, NOT_CONNECTED),
    "remote-filename": (lambda s, k, t: remote_filename(s), LOCAL, NOT_CONNECTED),
    "connect": (lambda s, k, t: connect(s, "x"), ACTIVE,
                {**dict.fromkeys(INTERNET, "resolver_error"), "local": "enoent", "local datagram": "enoent",
                 "netlink": "type_error"}),
    "write-line": (lambda s, k, t: hy_iolib.write_line("x", s), ACTIVE, {}),
    "read-line": (lambda s, k, t: hy_iolib.read_line(s, timeout=0), ACTIVE,
                  {"tcp": "socket_not_connected_error", "tcp6": "socket_not_connected_error", "local": "einval",
                   **dict.fromkeys(ACTIVE - STREAMS, "poll_timeout")}),
    "close": (lambda s, k, t: close(s), ALL, {}),
}


@pytest.mark.parametrize("operator", ROWS)
def test_operators_on_kinds(operator, kind, fresh, tmp_path):
    call, works_on, conditions = ROWS[operator]
    if kind not in works_on:
        with pytest.raises(type_error, match=f"({operator.split()[0]}: socket|stream): .* is not an? "):
            call(fresh, kind, tmp_path)
        assert socket_open_p(fresh)
    elif conditions.get(kind):
        with pytest.raises(getattr(hy_iolib, conditions[kind])):
            call(fresh, kind, tmp_path)
        assert socket_open_p(fresh)
    else:
        assert call(fresh, kind, tmp_path) is not False
    fresh.close(abort=True)


@pytest.mark.parametrize("operator", [row for row in ROWS if row not in ("close", "write-line")])
def test_operators_on_closed_sockets(operator, kind, fresh, tmp_path):
    call, works_on, _ = ROWS[operator]
    if kind in works_on and not (operator == "connect" and kind == "netlink"):
        fresh.close()
        with pytest.raises(hy_iolib.socket_closed_error, match="is closed"):
            call(fresh, kind, tmp_path)


@pytest.mark.parametrize("wrong", [None, 5, "socket", python], ids=repr)
@pytest.mark.parametrize("operator", [
    bind_address, listen_on, accept_connection, connect, disconnect, shutdown, send_to, receive_from,
    send_file_descriptor, receive_file_descriptor, local_name, local_host, local_port, local_filename, remote_name,
    remote_host, remote_port, remote_filename, socket_os_fd, socket_open_p, socket_connected_p, socket_ipv6_p,
    socket_address_family, socket_type, socket_protocol, socket_option, set_socket_option], ids=lambda o: o.__name__)
def test_operators_on_what_is_no_socket(operator, wrong):
    more = {"bind_address": [IPV4_LOOPBACK], "connect": [IPV4_LOOPBACK], "send_to": [b"x"],
            "send_file_descriptor": [0], "socket_option": ["error"], "set_socket_option": ["linger", 1]}
    keywords = {"receive_from": {"size": 1}, "shutdown": {"read": True}}.get(operator.__name__, {})
    with pytest.raises(type_error, match="socket"):
        operator(wrong, *more.get(operator.__name__, []), **keywords)


# ---- make-socket

BASE = {"address_family", "type", "connect", "ipv6", "protocol", "external_format"}
STREAM = {"input_buffer_size", "output_buffer_size"}
KEYWORDS = {
    "tcp": {"local_host", "local_port", "remote_host", "remote_port", "reuse_address", "keepalive", "nodelay", "timeout"},
    "tcp listener": {"local_host", "local_port", "backlog", "reuse_address", "interface", "nodelay"},
    "local": {"local_filename", "remote_filename", "reuse_address", "mode", "timeout"},
    "local listener": {"local_filename", "backlog", "reuse_address", "mode"},
    "udp": {"local_host", "local_port", "remote_host", "remote_port", "reuse_address", "interface", "broadcast", "timeout"},
    "local datagram": {"local_filename", "remote_filename", "reuse_address", "mode", "timeout"},
    "raw": {"local_host", "remote_host", "interface", "include_headers"},
    "netlink": {"local_port", "multicast_groups"},
}


@pytest.mark.parametrize("kind", KEYWORDS)
def test_keywords_of_each_kind(kind):
    if kind == "raw" and not RAW:
        pytest.skip("raw sockets are for root")
    good = KEYWORDS[kind] | BASE | (STREAM if kind in ACTIVE else set())
    every = set().union(*KEYWORDS.values()) | BASE | STREAM
    for name in every - {"address_family", "type", "connect", "ipv6", "protocol"}:
        with contextlib.ExitStack() as stack:
            if name not in good:
                stack.enter_context(pytest.raises(type_error, match=f":{name.replace('_', '-')} is not one of"))
            stack.enter_context(make_socket(**{**KINDS[kind], name: "utf-8" if name == "external_format" else None}))


@pytest.mark.parametrize("arguments, expected", [
    ({"address_family": "file"}, "socket_stream_local_active"),
    ({"address_family": keyword("LOCAL"), "type": "datagram", "connect": "passive"}, "socket_datagram_local"),
    ({"type": "datagram", "connect": "passive"}, "socket_datagram_internet"),
    ({"address_family": "ipv6", "type": "datagram"}, "socket_datagram_internet"),
    ({"type": "datagram", "protocol": "udp"}, "socket_datagram_internet"),
    ({"address_family": "netlink", "type": "raw"}, "socket_raw_netlink")])
def test_designators_of_kinds(arguments, expected):
    with make_socket(**arguments) as s:
        assert type(s) is getattr(hy_iolib, expected)


@pytest.mark.parametrize("arguments, message", [
    ({"address_family": "netlink"}, "type: :stream is not a type that netlink sockets have"),
    ({"address_family": "local", "type": "raw"}, "type: :raw is not a type that local sockets have"),
    ({"type": "datagram", "protocol": "tcp"}, "protocol: 'tcp' is not one of :default, :udp"),
    ({"address_family": "netlink", "type": "raw", "protocol": "x"}, "protocol: 'x' is not an integer"),
    ({"address_family": "local", "mode": 0o600}, "mode: 384 is not of use without :local-filename"),
    ({"address_family": "local", "connect": "passive", "local_filename": "x", "mode": 0o1777}, "mode: 1023"),
    ({"address_family": "local", "connect": "passive", "local_filename": "x", "mode": "rw"}, "mode: 'rw'"),
    ({"address_family": "local", "local_filename": 5}, "address: 5 is not a local address"),
    ({"address_family": "local", "local_filename": "a\0b"}, "name: 'a.x00b' is not a path: it has a NUL"),
    ({"address_family": "local", "remote_filename": IPV4_LOOPBACK}, "is not a local address"),
    ({"type": "datagram", "remote_host": "127.0.0.1"}, "remote-port: None is not a port"),
    ({"type": "datagram", "remote_port": 5}, "remote-port: 5 is not of use without :remote-host"),
    ({"local_host": local_address("x")}, "address: #/local/x is not a host"),
    ({"address_family": "netlink", "type": "raw", "multicast_groups": "x"}, "multicast-groups: 'x'"),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(type_error, match=message):
        make_socket(**arguments)
    assert not os.path.exists("x")


def test_what_switches_are_set():
    for name, option, arguments in (("keepalive", "keep-alive", {}), ("nodelay", "tcp-nodelay", {}),
                                    ("broadcast", "broadcast", {"type": "datagram"})):
        for value in (True, False):
            with make_socket(**arguments, **{name: value}) as s:
                assert socket_option(s, option) is value
    if RAW:
        with make_socket(type="raw", protocol="icmp", include_headers=True) as s:
            assert socket_option(s, "ip-header-include") is True
        with make_socket(type="datagram", interface="lo") as s:
            assert s.python_socket.getsockopt(python.SOL_SOCKET, python.SO_BINDTODEVICE, 16).startswith(b"lo")


def test_reuse_address_is_on_for_streams_and_off_for_datagrams():
    for arguments, default in (({"connect": "passive"}, True), ({"type": "datagram"}, False)):
        for given in (None, True, False):
            with make_socket(**arguments, local_host=IPV4_LOOPBACK, reuse_address=given) as s:
                assert socket_option(s, "reuse-address") is (default if given is None else given)


# ---- make-socket-from-fd, make-socket-pair

def test_from_a_descriptor(kind, fresh):
    with make_socket_from_fd(fresh.fileno(), dup=True) as twin:
        assert type(twin) is type(fresh) if kind not in LISTENERS else isinstance(twin, stream_socket)
        assert twin.fileno() != fresh.fileno() and not os.get_inheritable(twin.fileno())
        assert twin.family == fresh.family
    assert socket_open_p(fresh) and os.fstat(fresh.fileno())
    with make_socket_from_fd(fresh, dup=True, connect="passive") as twin:
        assert isinstance(twin, passive_socket) is (kind in STREAMS | LISTENERS)


def test_an_inherited_descriptor_is_inherited_no_more():
    inner = python.socket()
    inner.set_inheritable(True)
    with make_socket_from_fd(inner.detach()) as s:
        assert not os.get_inheritable(s.fileno())


def test_raw_sockets_say_what_they_need():
    with pytest.raises(type_error, match="protocol: :default is not a protocol: raw sockets need one"):
        make_socket(type="raw")
    if RAW:
        with pytest.raises(type_error, match="include-headers: True is not of use with an IPv6 socket"):
            make_socket(type="raw", ipv6=True, protocol="icmp", include_headers=True)
        with make_socket(type="datagram", interface=hy_iolib.lookup_interface("lo")):
            pass
    for wrong in ("\ud800", "x" * 16, 1.5):
        with pytest.raises((type_error, hy_iolib.unknown_interface), match="interface"):
            make_socket(type="datagram", interface=wrong)


def test_protocols_are_keywords():
    for given in ("TCP", keyword("tcp")):
        with make_socket(protocol=given) as s:
            assert socket_protocol(s) is keyword("tcp")


def test_a_listener_is_found_out():
    with make_socket(connect="passive", local_host=IPV4_LOOPBACK) as s, make_socket_from_fd(s, dup=True) as twin:
        assert isinstance(twin, passive_socket)
        with make_socket(remote_host=IPV4_LOOPBACK, remote_port=local_port(s)), accept_connection(twin):
            pass


def test_without_dup_it_is_ours():
    inner = python.socket()
    with make_socket_from_fd(inner.detach(), external_format="latin-1", input_buffer_size=100) as s:
        number = s.fileno()
        assert s._input_buffer_size == 100 and str(hy_iolib.external_format_of(s)).count("latin-1")
    with pytest.raises(OSError):
        os.fstat(number)


@pytest.mark.parametrize("dup", [True, False])
def test_descriptors_of_no_socket(dup):
    with open("/dev/null") as file:
        with pytest.raises(hy_iolib.enotsock):
            make_socket_from_fd(file.fileno(), dup=dup)
        os.fstat(file.fileno())
    with pytest.raises(hy_iolib.ebadf):
        make_socket_from_fd(2**30, dup=dup)
    for wrong in (-1, "3", None, True, 3.0):
        with pytest.raises(type_error, match="fd: "):
            make_socket_from_fd(wrong, dup=dup)
    with make_socket() as s, pytest.raises(type_error, match="it would have two owners"):
        make_socket_from_fd(s)
    with make_socket() as s:
        with pytest.raises(type_error, match="connect: 'x'"):
            make_socket_from_fd(s, dup=True, connect="x")
        with pytest.raises(type_error, match="backlog"):
            make_socket_from_fd(s, dup=True, backlog=5)


def test_pairs():
    for type_, class_ in (("stream", "socket_stream_local_active"), (keyword("DATAGRAM"), "socket_datagram_local_active")):
        a, b = make_socket_pair(type=type_)
        with a, b:
            assert type(a) is type(b) is getattr(hy_iolib, class_)
            assert send_to(a, b"hello") == 5 and receive_from(b, size=10).data == b"hello"
            assert socket_connected_p(a) and repr(a).endswith('connected to @"">')
    for wrong in ({"type": "raw"}, {"protocol": "tcp"}, {"nodelay": True}):
        with pytest.raises(type_error):
            make_socket_pair(**wrong)


def test_signatures():
    assert "dup" in inspect.signature(make_socket_from_fd).parameters
    assert make_address("/x") == local_address("/x")
