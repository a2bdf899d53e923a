"""TCP sockets from Python: made, connected, spoken over, closed; and every mistake at it."""

import errno
import os
import re
import signal
import socket as python
import sys
import threading

import pytest

import hy_iolib
from hy_iolib import *  # noqa: F403
from hy_iolib import socket, socket_closed_error

HOST = "127.0.0.1"


@pytest.fixture
def listener():
    with make_socket(connect="passive", local_host=HOST) as s:
        yield s


@pytest.fixture
def connection(listener):
    """An active socket and the one that was accepted for it."""
    with make_socket(remote_host=HOST, remote_port=local_port(listener), timeout=5) as client, \
            accept_connection(listener, timeout=5) as server:
        yield client, server


def ipv6_works():
    try:
        with python.socket(python.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not ipv6_works(), reason="this machine has no IPv6 loopback")


# ---- Making

@pytest.mark.parametrize("connect, manual", [
    ("active", "socket_stream_internet_active active_socket stream_socket internet_socket socket "
               "dual_channel_single_fd_mixin dual_channel_gray_stream dual_channel_fd_mixin"),
    ("passive", "socket_stream_internet_passive passive_socket stream_socket internet_socket socket "
                "dual_channel_single_fd_mixin dual_channel_fd_mixin")])
def test_class_precedence_as_in_the_manual(connect, manual):
    with make_socket(connect=connect) as s:
        assert [c.__name__ for c in type(s).__mro__[:-1]] == manual.split()


def test_a_fresh_socket():
    with make_socket() as s:
        assert socket_open_p(s) and not socket_connected_p(s)
        assert socket_address_family(s) == "ipv4" and socket_type(s) == "stream"
        assert local_name(s) == (ensure_address("0.0.0.0"), 0)
        assert repr(s) == "#<active IPv4 stream socket, unconnected>"
        assert not os.get_inheritable(s.fileno())
        assert not os.get_blocking(s.fileno())
        assert not fd_non_blocking(s)
        with pytest.raises(socket_not_connected_error):
            remote_name(s)
        with pytest.raises(socket_not_connected_error):
            shutdown(s, write=True)
    assert repr(s) == "#<active IPv4 stream socket, closed>"


@pytest.mark.parametrize("spelling", ["stream", "STREAM", hy_iolib.keyword("stream")])
def test_keywords_in_any_spelling(spelling):
    with make_socket(type=spelling, address_family="Internet", connect="PASSIVE", protocol="tcp") as s:
        assert isinstance(s, passive_socket) and repr(s) == "#<passive IPv4 stream socket unbound>"


@needs_ipv6
def test_ipv6():
    for arguments in ({"ipv6": True}, {"address_family": "ipv6"}, {"local_host": "::1"}):
        with make_socket(**arguments) as s:
            assert socket_address_family(s) == "ipv6"
            # Linux says 1 again for what is bound to one address.
            if local_port(s) == 0:
                assert s.python_socket.getsockopt(python.IPPROTO_IPV6, python.IPV6_V6ONLY) == 0
    with hy_iolib.ipv6.let(True), make_socket() as s, make_socket(address_family="ipv4") as t:
        assert socket_address_family(s) == "ipv6" and socket_address_family(t) == "ipv4"
    # An address that is given decides, a name doesn't.
    with hy_iolib.ipv6.let(True), make_socket(local_host=HOST) as s:
        assert socket_address_family(s) == "ipv4"


@needs_ipv6
def test_an_ipv6_listener_takes_ipv4_clients_and_an_ipv6_socket_reaches_ipv4():
    with make_socket(connect="passive", local_host="::") as server:
        with make_socket(remote_host=HOST, remote_port=local_port(server)) as client, \
                accept_connection(server, wait=5) as c:
            assert str(remote_host(c)) == "::ffff:127.0.0.1"
            assert isinstance(remote_host(client), ipv4_address)
    with make_socket(connect="passive", local_host=HOST) as server, make_socket(ipv6=True) as client:
        connect(client, HOST, port=local_port(server), timeout=5)
        assert str(remote_host(client)) == "::ffff:127.0.0.1"


def test_options_at_creation():
    with make_socket(nodelay=True, keepalive=True, external_format=("latin-1", "eol-style", "crlf"),
                     input_buffer_size=10, output_buffer_size=20) as s:
        assert socket_option(s, "tcp-nodelay") is True and socket_option(s, "keep-alive") is True
        assert external_format_of(s) == external_format("latin-1", eol_style="crlf")
    with make_socket(connect="passive", local_port=0, backlog=3, reuse_address=False) as s:
        assert socket_option(s, "reuse-address") is False
        assert socket_option(s, "accept-connections") is True
        assert str(local_host(s)) == "0.0.0.0"
    with make_socket(connect="passive", backlog=3) as s:
        assert socket_option(s, "accept-connections") is False


@pytest.mark.parametrize("arguments, message", [
    ({"type": "streem"}, "type: 'streem' is not one of :stream"),
    ({"type": 5}, "type: 5 is not one of"),
    ({"connect": "server"}, "connect: 'server' is not one of :active, :passive"),
    ({"address_family": "ipx"}, "address-family: 'ipx' is not one of :internet"),
    ({"protocol": "udp"}, "protocol: 'udp' is not one of :default, :tcp"),
    ({"remote_hots": HOST}, "keyword argument of make-socket for active internet stream sockets: "
                            ":remote-hots is not one of .*did you mean :remote-host"),
    ({"backlog": 5}, ":backlog is not one of :local-host, :local-port, :remote-host"),
    ({"connect": "passive", "remote_host": HOST}, ":remote-host is not one of :local-host"),
    ({"remote_host": HOST, "remote_port": 65536}, "port: 65536 is not an integer from 0 to 65535, in digits or not, or the"),
    ({"remote_host": HOST, "remote_port": -1}, "port: -1"),
    ({"remote_host": HOST, "remote_port": "65536"}, "port: '65536' is not an integer from 0 to 65535"),
    ({"remote_host": HOST, "remote_port": 80.0}, "port: 80.0"),
    ({"remote_host": HOST, "remote_port": True}, "port: True"),
    ({"remote_port": 80}, "remote-port: 80 is not of use without :remote-host"),
    ({"local_host": 5.5}, "address: 5.5 is not a host"),
    ({"connect": "passive", "backlog": 0}, "backlog: 0 is not an integer from 1"),
    ({"connect": "passive", "backlog": 10**9}, "backlog"),
    ({"external_format": "klingon"}, "encoding: 'klingon' is not the name of a text encoding"),
    ({"external_format": ("utf-8", "eol-style", "lfcr")}, "eol-style: 'lfcr'"),
    ({"external_format": ("utf-8", "style", "lf")}, "external-format"),
    ({"external_format": 5}, "external-format: 5"),
    ({"input_buffer_size": 0}, "input-buffer-size: 0"),
    ({"remote_host": HOST, "remote_port": 1, "timeout": -1}, "timeout: -1"),
    ({"remote_host": HOST, "remote_port": 1, "timeout": "soon"}, "timeout: 'soon'"),
    ({"remote_host": HOST, "remote_port": 1, "timeout": float("nan")}, "timeout: nan"),
])
def test_bad_arguments_of_make_socket(arguments, message):
    with pytest.raises(type_error, match=message):
        make_socket(**arguments)


@pytest.mark.parametrize("arguments, condition", [
    ({"remote_host": HOST, "remote_port": "no-such-service"}, hy_iolib.unknown_service),
    ({"remote_host": "", "remote_port": 1}, resolver_no_name_error),
    ({"remote_host": "a\0b", "remote_port": 1}, resolver_no_name_error),
    ({"remote_host": "x" * 300, "remote_port": 1}, resolver_no_name_error),
    ({"remote_host": "\ud800", "remote_port": 1}, resolver_no_name_error),
    ({"remote_host": "no-such-host.invalid", "remote_port": 1}, resolver_error),
    ({"local_host": "192.0.2.1"}, socket_address_not_available_error),
])
def test_conditions_of_make_socket(arguments, condition):
    with pytest.raises(condition):
        make_socket(**arguments)


def test_resolver_errors_tell_the_name():
    with pytest.raises(python.gaierror) as e:
        make_socket(remote_host="no-such-host.invalid", remote_port=1)
    assert resolver_error_datum(e.value) == "no-such-host.invalid"


# ---- Listening and connecting

def test_names_of_both_ends(listener):
    with make_socket() as client:
        assert connect(client, IPV4_LOOPBACK, port=local_port(listener)) is client
        with accept_connection(listener) as server:
            assert remote_name(server) == local_name(client)
            assert remote_name(client) == local_name(listener) == local_name(server)
            host, port = remote_name(client)
            assert (host, port) == (IPV4_LOOPBACK, local_port(listener))
            assert remote_name(client).port == remote_port(client) == port
            assert remote_host(client) == IPV4_LOOPBACK == local_host(client)
            assert socket_connected_p(client) and socket_connected_p(server)
            assert repr(client) == f"#<active IPv4 stream socket connected to 127.0.0.1/{port}>"
            assert repr(listener) == f"#<passive IPv4 stream socket waiting @ 127.0.0.1/{port}>"
            assert not os.get_inheritable(server.fileno())


@pytest.mark.parametrize("host", [
    "localhost", HOST, (127, 0, 0, 1), IPV4_LOOPBACK, LOOPBACK,
    values(IPV4_LOOPBACK, "second"), 0x7F000001], ids=str)
@pytest.mark.parametrize("as_text", [False, True])
def test_designators_of_hosts_and_ports(listener, host, as_text):
    port = local_port(listener)
    with make_socket() as s:
        connect(s, host, port=str(port) if as_text else port, timeout=5)
        assert remote_port(s) == port
    accept_connection(listener).close()


def test_services_are_ports():
    from hy_iolib.sockets.services import port_number
    assert port_number("port", "http") == 80 == port_number("port", hy_iolib.keyword("http"))


def test_refused():
    with make_socket(connect="passive") as s:
        bind_address(s, HOST)
        port = local_port(s)  # bound, and nobody listens
        with pytest.raises(ConnectionRefusedError) as e:
            make_socket(remote_host=HOST, remote_port=port)
    assert isinstance(e.value, socket_connection_refused_error)
    assert e.value.error_identifier == "econnrefused"
    assert e.value.syscall == "connect" and e.value.__cause__.errno == errno.ECONNREFUSED


def test_connected_already(connection):
    with pytest.raises(socket_already_connected_error):
        connect(connection[0], HOST, port=remote_port(connection[0]))


def test_a_socket_that_was_refused_connects_to_the_next(listener):
    with make_socket(connect="passive") as nobody, make_socket() as s:
        bind_address(nobody, HOST)
        with pytest.raises(ConnectionRefusedError):
            connect(s, HOST, port=local_port(nobody))
        connect(s, HOST, port=local_port(listener))
        accept_connection(listener).close()


def test_a_connection_that_is_only_begun(listener):
    with make_socket() as s:
        assert connect(s, HOST, port=local_port(listener), wait=False) is s
        accept_connection(listener, wait=5).close()
        assert socket_option(s, "error") == 0
        assert socket_connected_p(s)


@pytest.fixture
def full_listener():
    """A port whose queue is full: connecting to it stays in progress."""
    with python.socket() as s:
        s.bind((HOST, 0))
        s.listen(0)
        waiting = []
        for _ in range(4):
            c = python.socket()
            c.setblocking(False)
            c.connect_ex(s.getsockname())
            waiting.append(c)
        yield s.getsockname()[1]
        for c in waiting:
            c.close()


@pytest.mark.parametrize("limits", [{"wait": 0.05}, {"timeout": 0.05}, {"wait": 5, "timeout": 0.05},
                                    {"wait": 0.05, "timeout": 5}, {"wait": 0}])
def test_connect_in_time_or_poll_timeout(full_listener, limits):
    with make_socket() as s:
        with pytest.raises(poll_timeout) as e:
            connect(s, HOST, port=full_listener, **limits)
        assert e.value.event_type == "output"
    with pytest.raises(TimeoutError):
        make_socket(remote_host=HOST, remote_port=full_listener, timeout=0.05)


def test_a_taken_port(listener):
    with make_socket(connect="passive") as s:
        with pytest.raises(socket_address_in_use_error):
            listen_on(bind_address(s, HOST, port=local_port(listener)))
    with make_socket(connect="passive") as s:
        with pytest.raises(OSError):
            bind_address(s, HOST, port=local_port(listener), reuse_address=False)


def test_an_ipv6_address_on_an_ipv4_socket():
    with make_socket() as s:
        with pytest.raises(socket_address_family_not_supported_error):
            bind_address(s, "::1")
        with pytest.raises(socket_address_family_not_supported_error):
            connect(s, "::1", port=1)


def test_keywords_of_bind_and_listen():
    with make_socket(connect="passive") as s:
        with pytest.raises(type_error, match=":prot is not one of .*did you mean :port"):
            bind_address(s, HOST, prot=5)
        with pytest.raises(type_error, match=":backlok .*did you mean :backlog"):
            listen_on(s, backlok=5)
        bind_address(s, HOST, reuse_addr=False)  # IOLib's of old
        assert socket_option(s, "reuse-address") is False
        with default_backlog_size.let(7):
            listen_on(s)


def test_accept_waits_as_told(listener):
    assert accept_connection(listener, wait=False) is None
    assert accept_connection(listener, wait=None) is None
    assert accept_connection(listener, wait=0.02) is None
    assert accept_connection(listener, timeout=0.02) is None
    for bad in ({"wait": -1}, {"timeout": -0.5}, {"wait": "long"}, {"input_buffer_size": -1},
                {"external_format": "klingon"}):
        with pytest.raises(type_error):
            accept_connection(listener, **bad)
    with make_socket(connect="passive") as s, pytest.raises(hy_iolib.einval):
        accept_connection(s)


def test_accepted_sockets_inherit_and_override(listener):
    port = local_port(listener)
    with make_socket(connect="passive", local_host=HOST,
                     external_format=("utf-8", "eol-style", "crlf")) as server:
        for options, style in [({}, "crlf"), ({"external_format": "utf-8"}, "lf")]:
            with make_socket(remote_host=HOST, remote_port=local_port(server)), \
                    accept_connection(server, **options) as c:
                assert external_format_of(c).eol_style == style
    with non_blocking_sockets.let(True), make_socket(remote_host=HOST, remote_port=port) as a, \
            accept_connection(listener) as b:
        assert fd_non_blocking(a) and fd_non_blocking(b)


# ---- Octets

def test_send_and_receive(connection):
    a, b = connection
    assert send_to(a, b"hello") == 5
    buffer = bytearray(8)
    got = receive_from(b, buffer=buffer)
    assert got.buffer is buffer and got.count == 5 and got.data == b"hello"
    assert (got.host, got.port) == (None, None) and len(got) == 4
    assert got and isinstance(got, values)
    assert send_to(a, [1, 2, 3], start=1) == 2
    assert receive_from(b, size=10).data == b"\2\3"
    assert send_to(a, memoryview(b"abcdef"), start=1, end=3) == 2
    buffer = bytearray(b"........")
    got = receive_from(b, buffer=buffer, start=2, end=6)
    assert buffer == b"..bc...." and got.data == b"bc" and got.count == 2
    assert send_to(a, (9, 8)) == 2
    elements = [0, 0, 0]
    assert receive_from(b, buffer=elements).count == 2 and elements == [9, 8, 0]
    assert send_to(a, b"") == 0 == receive_from(b, size=0).count
    assert send_to(a, b"peeked") == 6
    assert receive_from(b, size=3, peek=True).data == b"pee"
    assert receive_from(b, size=9).data == b"peeked"
    a.close()
    assert receive_from(b, buffer=buffer).count == 0
    assert receive_from(b, size=3) == (bytearray(3), 0, None, None)


def test_wait_all(connection, in_thread):
    a, b = connection
    received = in_thread(lambda: receive_from(b, size=6, wait_all=True).data)
    send_to(a, b"abc")
    send_to(a, b"def")
    assert received() == b"abcdef"
    send_to(a, b"gh")
    got = receive_from(b, size=6, wait_all=True, timeout=0.02)
    assert got.data == b"gh"


@pytest.mark.parametrize("buffer", ["text", 5, None, [256], [-1], ["a"], [1.5], (1, 2, 300), {}])
def test_what_can_not_be_sent(connection, buffer):
    for options in ({}, {"start": 0}):
        with pytest.raises(type_error, match="buffer"):
            send_to(connection[0], buffer, **options)
    with pytest.raises(hy_iolib.ewouldblock):
        receive_from(connection[1], size=1, dont_wait=True)


@pytest.mark.parametrize("bounds", [{"start": 4}, {"end": 4}, {"start": 2, "end": 1}, {"start": -1},
                                    {"start": 0.5}, {"end": "x"}])
def test_bounds(connection, bounds):
    a, b = connection
    with pytest.raises(type_error, match="start|end"):
        send_to(a, b"abc", **bounds)
    with pytest.raises(type_error, match="start|end"):
        receive_from(b, buffer=bytearray(3), **bounds)
    with pytest.raises(hy_iolib.ewouldblock):
        receive_from(b, size=1, dont_wait=True)


@pytest.mark.parametrize("arguments", [{}, {"buffer": "text"}, {"buffer": b"bytes"}, {"buffer": 5},
                                       {"buffer": (1, 2)}, {"size": -1}, {"size": "5"},
                                       {"size": 1, "peak": True}])
def test_what_can_not_be_received_into(connection, arguments):
    with pytest.raises(type_error):
        receive_from(connection[0], **arguments)
    with pytest.raises(type_error, match="did you mean :dont-wait"):
        send_to(connection[0], b"x", dont_whait=True)


def test_blocking_or_not(connection):
    a, b = connection
    with pytest.raises(BlockingIOError) as e:
        receive_from(b, size=1, dont_wait=True)
    assert isinstance(e.value, hy_iolib.ewouldblock) and e.value.syscall == "recv"
    with pytest.raises(poll_timeout):
        receive_from(b, size=1, timeout=0.02)
    b.non_blocking = True
    with pytest.raises(hy_iolib.ewouldblock):
        receive_from(b, buffer=bytearray(1))
    a.non_blocking = True
    with pytest.raises(hy_iolib.ewouldblock):
        while True:
            send_to(a, bytes(100000))
    a.non_blocking = False
    with pytest.raises(poll_timeout):
        while True:
            send_to(a, bytes(100000), timeout=0.02)


def test_restarts(connection):
    a, b = connection
    b.non_blocking = True
    with handler_bind(hy_iolib.ewouldblock, lambda e: invoke_restart("ignore-syscall-error")):
        assert receive_from(b, size=5).count == 0

    def help_it(e):
        send_to(a, b"late")
        invoke_restart("retry-syscall", 5)

    with handler_bind(hy_iolib.ewouldblock, help_it):
        assert receive_from(b, buffer=bytearray(8)).data == b"late"


def test_sending_to_a_closed_peer():
    a, b = make_socket_pair()
    with a:
        b.close()
        with pytest.raises(hy_iolib.epipe):
            send_to(a, b"x")
        assert receive_from(a, size=1).count == 0


def test_reset(connection):
    a, b = connection
    b.python_socket.setsockopt(python.SOL_SOCKET, python.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    b.close()
    with pytest.raises(ConnectionResetError) as e:
        receive_from(a, size=1, timeout=5)
    assert isinstance(e.value, socket_connection_reset_error)


def test_sigpipe_never_kills(run):
    run(sys.executable, "-c", """if True:
        import signal
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        from hy_iolib import *
        a, b = make_socket_pair()
        b.close()
        for attempt in (lambda: send_to(a, b"x"), lambda: send_to(a, b"x", end=1),
                        lambda: (write_line("x", a), finish_output(a))):
            try:
                attempt()
            except BrokenPipeError:
                pass
            else:
                raise SystemExit("no error")
        a.close()""")


def test_shutdown(connection):
    a, b = connection
    with pytest.raises(type_error, match="at least one"):
        shutdown(a)
    write_string("last words", a)
    assert shutdown(a, write=True) is a
    assert read_line(b) == "last words"
    with pytest.raises(end_of_file):
        read_line(b)
    # The other direction is open.
    send_to(b, b"answer")
    assert receive_from(a, size=10).data == b"answer"
    shutdown(a, read=True)
    assert receive_from(a, size=10).count == 0


# ---- Closing

OPERATORS = {
    "bind-address": lambda s: bind_address(s, HOST), "listen-on": lambda s: listen_on(s),
    "accept-connection": lambda s: accept_connection(s), "connect": lambda s: connect(s, HOST),
    "shutdown": lambda s: shutdown(s, read=True), "send-to": lambda s: send_to(s, b"x"),
    "send-to with options": lambda s: send_to(s, b"x", end=1),
    "receive-from": lambda s: receive_from(s, size=1),
    "receive-from into": lambda s: receive_from(s, buffer=bytearray(1)),
    "local-host": lambda s: local_host(s), "remote-port": lambda s: remote_port(s),
    "local-name": lambda s: local_name(s), "remote-name": lambda s: remote_name(s),
    "read-line": lambda s: read_line(s), "read-byte": lambda s: read_byte(s),
    "write-line": lambda s: write_line("x", s), "write-byte": lambda s: write_byte(1, s),
    "write-string": lambda s: write_string("x", s), "finish-output": lambda s: finish_output(s),
    "socket-option": lambda s: socket_option(s, "error"),
    "with": lambda s: s.__enter__(),
}
OF_PASSIVE = {"listen-on", "accept-connection"}


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_on_a_closed_socket(name):
    s = make_socket(connect="passive" if name in OF_PASSIVE else "active")
    s.close()
    with pytest.raises(socket_closed_error, match="stream socket, closed> is closed") as e:
        OPERATORS[name](s)
    assert isinstance(e.value, socket_error) and e.value.errno == errno.EBADF


# Of these, None is standard input or output.
OF_STREAMS = {"read-line", "write-line", "write-string", "finish-output"}


@pytest.mark.parametrize("stranger", [None, 5, "socket", python.socket], ids=str)
@pytest.mark.parametrize("name", [n for n in OPERATORS if n != "with"])
def test_every_operator_on_what_is_no_socket(name, stranger):
    if name in OF_STREAMS and stranger is None:
        stranger = object()
    with pytest.raises(type_error):
        OPERATORS[name](stranger)


@pytest.mark.parametrize("name", [n for n in OPERATORS if n != "with"])
def test_every_operator_on_the_wrong_kind(name):
    with make_socket(connect="active" if name in OF_PASSIVE else "passive") as s:
        if name in {"bind-address", "local-host", "local-name", "socket-option"}:
            OPERATORS[name](s)
        else:
            with pytest.raises((type_error, socket_not_connected_error)):
                OPERATORS[name](s)


def test_predicates_and_accessors_of_a_closed_socket():
    s = make_socket()
    assert s.close() is True and s.close() is False
    assert not socket_open_p(s) and not socket_connected_p(s)
    assert socket_os_fd(s) is None and fd_of(s) is None and s.fileno() == -1
    assert socket_address_family(s) == "ipv4" and socket_type(s) == "stream"
    for predicate in (socket_open_p, socket_connected_p, socket_os_fd, fd_of, fd_non_blocking,
                      socket_type, socket_address_family):
        with pytest.raises(type_error):
            predicate("no socket")


def test_dropped_open_it_warns_and_does_not_flush():
    a, b = make_socket_pair()
    with b:
        write_string("never sent", a)
        with pytest.warns(ResourceWarning):
            del a
        assert receive_from(b, size=20).count == 0


def test_sockets_are_no_values():
    import copy
    import pickle
    with make_socket() as s:
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="owns a descriptor"):
                attempt(s)
        assert s and not hasattr(s, "__len__")
        assert isinstance(s.python_socket, python.socket)


def test_signals_do_not_disturb_a_wait(connection, in_thread):
    a, b = connection
    before = signal.signal(signal.SIGUSR1, lambda *_: send_to(a, b"x"))
    here = threading.get_ident()

    def interrupt():
        while not b._waiters:
            pass
        signal.pthread_kill(here, signal.SIGUSR1)

    try:
        in_thread(interrupt)
        assert receive_from(b, size=1, timeout=5).data == b"x"
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_class_is_for_isinstance():
    with make_socket() as s:
        assert isinstance(s, socket)


# ---- What reviews found

@pytest.mark.parametrize("arguments, message", [
    ({"type": []}, r"type: \[\] is not one of"), ({"connect": {}}, "connect"),
    ({"address_family": []}, "address-family"), ({"ipv6": "no"}, "ipv6: 'no' is not one of :ipv6"),
    ({"conect": "passive"}, "did you mean :connect"), ({"host": HOST}, "did you mean :.*host"),
    ({"remote_host": HOST}, "remote-port: None is not a port"),
    ({"remote_host": HOST, "remote_port": "9" * 5000}, "integer from 0 to 65535"),
    ({"remote_host": HOST, "remote_port": 10**5000}, "integer from 0 to 65535"),
    ({"timeout": -3}, "timeout: -3"),
    ({"connect": "passive", "interface": "\udcff" * 20}, "interface"),
    ({"connect": "passive", "interface": "lo\0x"}, "interface"),
])
def test_more_bad_arguments_of_make_socket(arguments, message):
    with pytest.raises(type_error) as e:
        make_socket(**arguments)
    assert re.search(message, str(e.value))
    assert len(str(e.value)) < 700


@pytest.mark.parametrize("size", [10**12, "5", 0])
def test_a_bad_default_backlog(size):
    with default_backlog_size.let(size), pytest.raises(type_error, match="backlog"):
        make_socket(connect="passive", local_host=HOST)


def test_refused_connections_and_taken_ports_say_where(listener):
    with make_socket(connect="passive") as nobody:
        port = local_port(bind_address(nobody, HOST))
        with pytest.raises(OSError) as e:
            make_socket(remote_host=HOST, remote_port=port)
        assert e.value.place == (HOST, port)
        assert str(e.value).endswith(f"Connection refused: connect {HOST}/{port}")
    with pytest.raises(OSError, match=f"bind {HOST}/{local_port(listener)}"):
        make_socket(connect="passive", local_host=HOST, local_port=local_port(listener))


def test_a_closed_socket_does_not_tell_of_bad_descriptors():
    s = make_socket()
    s.close()
    with pytest.raises(socket_closed_error) as e:
        read_line(s)
    assert e.value.__suppress_context__


def test_memoryviews_are_buffers(connection, in_thread):
    a, b = connection
    octets = bytearray(8)
    send_to(a, b"hello")
    assert receive_from(b, buffer=memoryview(octets), timeout=1).count == 5
    late = in_thread(lambda: receive_from(b, buffer=memoryview(octets)[2:]))
    send_to(a, b"world")
    assert late().count == 5 and octets == b"heworldo"[:7] + octets[7:]
    import array
    numbers = array.array("H", [0] * 4)
    for options in ({}, {"timeout": 1}):
        send_to(a, b"12345678")
        assert receive_from(b, buffer=numbers, **options).count == 8
    assert numbers.tobytes() == b"12345678"


def test_views_that_are_no_sequence_of_octets(connection):
    a, b = connection
    released = memoryview(bytearray(4))
    released.release()
    for view in (memoryview(bytearray(8))[::2], released):
        for options in ({}, {"timeout": 1}):
            with pytest.raises(type_error, match="buffer"):
                send_to(a, view, **options)
            with pytest.raises(type_error, match="buffer"):
                receive_from(b, buffer=view, **options)


def test_buffers_can_be_resized_after_an_error(connection):
    a, b = connection
    buffer = bytearray(65536)
    with pytest.raises(hy_iolib.ewouldblock) as kept:
        while True:
            send_to(a, buffer, dont_wait=True)
    buffer += b"more"
    for options in ({"timeout": 0.01}, {"dont_wait": True}):
        with pytest.raises(OSError) as kept_too:
            receive_from(a, buffer=buffer, **options)
        buffer += b"more"
    assert kept and kept_too


def test_nothing_internal_is_an_argument(connection):
    for operator in (lambda: send_to(connection[0], b"x", failure=1),
                     lambda: receive_from(connection[0], size=1, failure=1)):
        with pytest.raises(type_error, match=":failure is not one of"):
            operator()
    with pytest.raises(type_error, match="peek and :wait-all"):
        receive_from(connection[0], size=1, peek=True, wait_all=True)


def test_connecting_elsewhere_while_a_connection_is_in_progress(listener, full_listener):
    with make_socket() as s:
        connect(s, HOST, port=local_port(listener), wait=False)
        accept_connection(listener, wait=5).close()
        with pytest.raises(socket_already_connected_error):
            connect(s, HOST, port=full_listener)
    with make_socket() as s:
        connect(s, HOST, port=full_listener, wait=False)
        with pytest.raises(socket_connection_in_progress_error):
            connect(s, HOST, port=local_port(listener))
        with pytest.raises(poll_timeout):
            connect(s, HOST, port=full_listener, timeout=0.02)


def test_finishing_a_connection_that_was_begun(listener):
    with make_socket() as s:
        connect(s, HOST, port=local_port(listener), wait=False)
        assert connect(s, HOST, port=local_port(listener), timeout=5) is s
        accept_connection(listener, wait=5).close()


def test_shutdown_of_an_unconnected_socket_with_output():
    with make_socket() as s:
        write_string("x", s)
        with pytest.raises(socket_not_connected_error):
            shutdown(s, write=True)
        s.close(abort=True)


def test_no_limit_is_too_long(connection):
    a, b = connection
    send_to(a, b"xyz")
    for limit in (10**400, float("inf")):
        assert receive_from(b, size=1, timeout=limit).count == 1


@pytest.mark.parametrize("fail", [
    lambda s: receive_from(s, size=3, dont_wait=True), lambda s: read_line(s, timeout=0),
    lambda s: receive_from(s, buffer=bytearray(1), timeout=0), lambda s: remote_name(s),
    lambda s: send_to(s, "text"), lambda s: connect(s, HOST, port=1, timeout=1)])
def test_an_error_does_not_keep_its_socket(fail):
    import gc
    import weakref
    gc.collect()
    gc.disable()
    try:
        s, other = make_socket_pair()
        if fail.__code__.co_names[0] == "connect":
            s.close()
            s = make_socket()
        alive = weakref.ref(s)
        try:
            fail(s)
        except Exception:
            pass
        s.close()
        other.close()
        del s
        assert alive() is None
    finally:
        gc.enable()
