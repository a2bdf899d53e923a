"""The small portable interface from Python: streams, servers, and the two conditions for what goes wrong."""

import contextlib
import copy
import errno
import gc
import os
import pickle
import socket as python
import weakref

import hy
import pytest

import hy_iolib
import hy_iolib.trivial_sockets as ts
from hy_iolib import *  # noqa: F403
from hy_iolib import keyword
from hy_iolib.trivial_sockets import *  # noqa: F403

HOST = "127.0.0.1"


def ipv6_works():
    try:
        with python.socket(python.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not ipv6_works(), reason="this machine has no IPv6 loopback")


@pytest.fixture
def server():
    with open_server(host=HOST) as s:
        yield s


@pytest.fixture
def connection(server):
    """A stream and the one that was accepted for it."""
    with open_stream(HOST, local_port(server), timeout=5) as client, \
            accept_connection(server, timeout=5) as peer:
        yield client, peer


@pytest.fixture
def refused_port():
    """A port at which nobody listens, and which nobody else gets."""
    with make_socket(local_host=HOST, local_port=0) as s:
        yield local_port(s)


@contextlib.contextmanager
def wrapped(kind):
    """A socket_error, which is about a condition of KIND, leaves the block."""
    with pytest.raises(ts.socket_error) as caught:
        yield caught
    e = caught.value
    assert isinstance(e, OSError)
    assert isinstance(e.nested_error, kind)
    assert e.__cause__ is e.nested_error is socket_nested_error(e)
    assert (e.errno, e.strerror) == (e.nested_error.errno, e.nested_error.strerror)
    assert str(e) == str(e.nested_error)


# ---- Servers

def test_a_server_and_its_port():
    server, port = opened = open_server(host=HOST)
    assert isinstance(opened, opened_server) and isinstance(opened, values)
    assert isinstance(server, hy_iolib.socket_stream_internet_passive)
    assert (opened.server, opened.port) == (server, port) and port == local_port(server) > 0
    assert str(local_host(server)) == HOST
    assert close_server(server) is True and server.closed


def test_the_two_values_stand_for_the_server():
    opened = open_server(host=HOST)
    with open_stream(HOST, opened.port, timeout=5) as client, accept_connection(opened, timeout=5) as peer:
        assert local_name(client) == remote_name(peer)
    assert close_server(opened) is True
    assert opened.server.closed


def test_closing_twice_is_no_error(server):
    assert [close_server(server), close_server(server)] == [True, True]


def test_the_context_manager_gives_the_server_and_closes_it():
    opened = open_server(host=HOST)
    with opened as server:
        assert server is opened.server and not server.closed
    assert server.closed
    with pytest.raises(KeyError), open_server(host=HOST) as server:
        raise KeyError
    assert server.closed
    # One that was closed on the way is no error, and no server any more.
    with open_server(host=HOST) as server:
        close_server(server)
    with pytest.raises(socket_closed_error), opened:
        pass


ANY = ["any", "ANY", keyword("any"), hy.models.Keyword("any"), None]


@pytest.mark.parametrize("host", ANY)
def test_any_is_the_unspecified_address(host):
    with open_server(host=host) as server:
        assert str(local_host(server)) == "0.0.0.0"
    with open_server() as server:
        assert str(local_host(server)) == "0.0.0.0"


@needs_ipv6
def test_any_follows_ipv6():
    with ipv6.let(True), open_server() as server:
        assert ipv6_socket_p(server) and str(local_host(server)) == "::"
        for peer in (HOST, "::1"):
            open_stream(peer, local_port(server), timeout=5).close()
            accept_connection(server, timeout=5).close()


@needs_ipv6
def test_an_ipv6_address_needs_nothing_more():
    with open_server(host="::1") as server, open_stream("::1", local_port(server), timeout=5) as client:
        assert ipv6_socket_p(server) and ipv6_socket_p(client)


def test_a_port_of_ones_own_choice(server):
    # That of another server, at an address of its own: free, and nobody gets it by chance.
    port = local_port(server)
    for designator in (port, str(port)):
        with open_server(host="127.0.0.5", port=designator) as other:
            assert local_port(other) == port


@pytest.mark.parametrize("reuse", [True, False])
def test_reuse_address(reuse):
    with open_server(host=HOST, reuse_address=reuse) as server:
        assert socket_option(server, "reuse-address") is reuse


def test_reuse_address_is_the_default(server):
    assert socket_option(server, "reuse-address") is True


@pytest.mark.parametrize("arguments, backlog", [({}, 1), ({"backlog": 1}, 1), ({"backlog": 4}, 4)])
def test_backlog(arguments, backlog):
    # Linux lets one more wait; the rest are not answered.
    with open_server(host=HOST, **arguments) as server, contextlib.ExitStack() as streams:
        for _ in range(backlog + 1):
            streams.enter_context(open_stream(HOST, local_port(server), timeout=5))
        with wrapped(poll_timeout) as caught:
            open_stream(HOST, local_port(server), timeout=0.05)
        assert (caught.value.errno, caught.value.strerror) == (None, None)


# ---- Streams

def test_talk(connection):
    client, peer = connection
    assert isinstance(client, hy_iolib.socket_stream_internet_active) and type(peer) is type(client)
    for a, b in (connection, connection[::-1]):
        write_line("grüße", a)
        write_sequence(b"\0\xff", a)
        finish_output(a)
        assert read_line(b) == "grüße"
        assert [read_byte(b), read_byte(b)] == [0, 255]


@pytest.mark.parametrize("external_format", [{}, {"external_format": "default"}])
def test_the_default_format_is_utf_8(server, external_format):
    with open_stream(HOST, local_port(server), **external_format) as client, \
            accept_connection(server, timeout=5, **external_format) as peer:
        for a, b in ((client, peer), (peer, client)):
            write_string("é", a)
            finish_output(a)
            assert [read_byte(b), read_byte(b)] == [0xC3, 0xA9]


def test_external_formats(server):
    with open_stream(HOST, local_port(server), external_format="latin-1") as client, \
            accept_connection(server, external_format=("latin-1", "eol-style", "crlf"), timeout=5) as peer:
        write_line("é", client)
        finish_output(client)
        assert read_line(peer) == "é"
        write_line("é", peer)
        finish_output(peer)
        assert [read_byte(client) for _ in range(3)] == [0xE9, 13, 10]
    with open_stream(HOST, local_port(server), external_format=("utf-8", "errors", "strict")) as client, \
            accept_connection(server, timeout=5) as peer:
        write_sequence(b"\xff\n", peer)
        finish_output(peer)
        with pytest.raises(character_decoding_error):
            read_line(client)


def test_the_peer_by_name_by_values_and_by_digits(server):
    port = local_port(server)
    for host, designator in (("localhost", port), (lookup_hostname("localhost"), str(port))):
        with open_stream(host, designator, timeout=5) as client, accept_connection(server, timeout=5):
            assert remote_name(client) == local_name(server)


@pytest.mark.parametrize("host", ANY)
def test_the_own_end_is_left_to_the_system(server, host):
    with open_stream(HOST, local_port(server), local_host=host, local_port="0", timeout=5) as client, \
            accept_connection(server, timeout=5):
        # What is bound has it.
        assert socket_option(client, "reuse-address") is False


def test_the_own_end(server):
    with open_stream(HOST, local_port(server), local_host="127.0.0.2", timeout=5) as client, \
            accept_connection(server, timeout=5) as peer:
        assert str(local_host(client)) == "127.0.0.2" and remote_name(peer) == local_name(client)
        # To another place, from there.
        port = local_port(client)
    with open_server(host="127.0.0.3") as other:
        with open_stream("127.0.0.3", local_port(other), local_port=port, timeout=5) as client:
            assert local_port(client) == port
        with open_stream("127.0.0.3", local_port(other), local_host="127.0.0.4", local_port=port,
                         timeout=5) as client:
            assert [str(x) for x in local_name(client)] == ["127.0.0.4", str(port)]


def test_waiting_for_a_connection_ends(server):
    assert accept_connection(server, timeout=0) is None
    assert accept_connection(server, timeout=0.01) is None
    with open_stream(HOST, local_port(server)), accept_connection(server, timeout=0) as peer:
        assert peer is not None


def test_waiting_for_a_connection_that_comes_later(server, in_thread):
    peer = in_thread(accept_connection, server)
    with open_stream(HOST, local_port(server)) as client, peer() as accepted:
        assert remote_name(client) == local_name(accepted)


def test_servers_that_make_socket_made(tmp_path):
    with make_socket(connect="passive", address_family="local", local_filename=tmp_path / "s") as server, \
            make_socket(address_family="local", remote_filename=tmp_path / "s") as client, \
            accept_connection(server, timeout=5) as peer:
        write_line("x", client)
        finish_output(client)
        assert read_line(peer) == "x"
        close_server(server)
        assert server.closed


# ---- What the network does not do

def test_refused(refused_port):
    with wrapped(socket_connection_refused_error) as caught:
        open_stream(HOST, refused_port)
    assert caught.value.errno == errno.ECONNREFUSED


def test_an_unknown_host():
    with wrapped(resolver_error):
        open_stream("nobody.invalid", 9)
    with wrapped(resolver_error):
        open_stream(HOST, 9, local_host="nobody.invalid")
    with wrapped(resolver_error):
        open_server(host="nobody.invalid")


def test_a_port_that_is_taken(server):
    with wrapped(socket_address_in_use_error):
        open_server(host=HOST, port=local_port(server))


def test_an_address_that_is_not_here(server):
    with wrapped(socket_address_not_available_error):
        open_server(host="192.0.2.1")
    with wrapped(socket_address_not_available_error):
        open_stream(HOST, local_port(server), local_host="192.0.2.1")


def test_accepting_from_a_closed_server(server):
    close_server(server)
    with wrapped(socket_closed_error):
        accept_connection(server)


def test_closing_a_server_ends_a_wait(server, in_thread):
    result = in_thread(accept_connection, server)
    while not server._waiters:
        os.sched_yield()
    close_server(server)
    with wrapped(socket_closed_error):
        result()


def test_a_descriptor_that_somebody_else_closed():
    with pytest.raises(ts.socket_error) as caught, open_server(host=HOST) as server:
        os.close(server.fileno())
    assert caught.value.errno == caught.value.nested_error.errno == errno.EBADF
    server, _ = open_server(host=HOST)
    os.close(server.fileno())
    with pytest.raises(ts.socket_error):
        close_server(server)


def test_handlers_see_one_condition(refused_port):
    seen = []
    with pytest.raises(ts.socket_error) as caught, handler_bind(BaseException, seen.append):
        open_stream(HOST, refused_port)
    assert seen == [caught.value]


def test_an_error_holds_nothing_in_a_circle():
    gc.disable()
    try:
        server, _ = open_server(host=HOST)
        close_server(server)
        with contextlib.suppress(ts.socket_error):
            accept_connection(server)
        there = weakref.ref(server)
        del server
        assert there() is None
    finally:
        gc.enable()


def test_errors_travel(refused_port):
    with wrapped(socket_connection_refused_error) as caught:
        open_stream(HOST, refused_port)
    for twin in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert type(twin) is ts.socket_error and str(twin) == str(caught.value)
        assert twin.errno == errno.ECONNREFUSED
        assert isinstance(twin.nested_error, socket_connection_refused_error)


def test_an_error_that_was_made_by_hand():
    e = ts.socket_error(errno.EPERM, "no")
    assert (e.errno, e.nested_error, str(e)) == (errno.EPERM, None, f"[Errno {errno.EPERM}] no")


# ---- What there is not

@pytest.mark.parametrize("protocol, feature", [
    ("udp", "udp"), ("UDP", "udp"), (hy.models.Keyword("udp"), "udp"), (keyword("sctp"), "sctp"),
    (17, 17), (None, None)])
def test_other_protocols(protocol, feature):
    for make in (lambda: open_stream(HOST, 9, protocol=protocol), lambda: open_server(protocol=protocol)):
        with pytest.raises(unsupported) as caught:
            make()
        assert isinstance(caught.value, NotImplementedError) and not isinstance(caught.value, OSError)
        assert unsupported_feature(caught.value) == caught.value.feature == ["protocol", feature]


def test_features_in_both_languages():
    with pytest.raises(unsupported) as caught:
        open_server(protocol="udp")
    assert caught.value.feature == [hy.models.Keyword("protocol"), hy.models.Keyword("udp")]
    assert all(type(part) is keyword for part in caught.value.feature)
    assert str(caught.value) == "[:protocol :udp] is not supported"


@pytest.mark.parametrize("protocol", ["tcp", "TCP", keyword("tcp"), hy.models.Keyword("tcp")])
def test_the_one_protocol(protocol):
    with open_server(host=HOST, protocol=protocol) as server, \
            open_stream(HOST, local_port(server), protocol=protocol, timeout=5) as client:
        assert remote_name(client) == local_name(server)


@pytest.mark.parametrize("element_type", [
    "character", "CHARACTER", "base_char", "base-char", "extended-char", "standard-char", "octet",
    hy.models.Symbol("character"), "unsigned-byte", ("unsigned-byte", 8), ["UNSIGNED_BYTE", 8], ("mod", 256),
    ("integer", 0, 255), hy.read("(unsigned-byte 8)"), hy.read("[unsigned-byte 8]")])
def test_element_types(server, element_type):
    with open_stream(HOST, local_port(server), element_type=element_type, timeout=5) as client, \
            accept_connection(server, element_type=element_type, timeout=5) as peer:
        write_line("x", client)
        write_sequence(b"\1", client)
        finish_output(client)
        assert (read_line(peer), read_byte(peer)) == ("x", 1)


@pytest.mark.parametrize("element_type", [
    "float", "", ("unsigned-byte", 16), ("unsigned-byte",), ("signed-byte", 8), (), [], 8, None, bytes,
    b"character", {"character"}, hy.models.Keyword("character"), hy.read("(unsigned-byte 7)"),
    (("unsigned-byte", 8),)])
def test_other_element_types(server, element_type):
    for use in (lambda: open_stream(HOST, local_port(server), element_type=element_type),
                lambda: accept_connection(server, element_type=element_type, timeout=0)):
        with pytest.raises(unsupported) as caught:
            use()
        assert caught.value.feature == ["element-type", element_type]
    # No connection was made for it.
    assert accept_connection(server, timeout=0) is None


@pytest.mark.parametrize("wrong", [
    lambda s: open_stream(5.5, 9),
    lambda s: open_stream(None, 9),
    lambda s: open_stream(HOST, None),
    lambda s: open_stream(HOST, 65536),
    lambda s: open_stream(HOST, -1),
    lambda s: open_stream(HOST, True),
    lambda s: open_stream(HOST, 9, local_host=5.5),
    lambda s: open_stream(HOST, 9, local_port=None),
    lambda s: open_stream(HOST, 9, local_port=65536),
    lambda s: open_stream(HOST, 9, local_port=False),
    lambda s: open_stream(HOST, 9, timeout=-1),
    lambda s: open_stream(HOST, 9, timeout="5"),
    lambda s: open_stream(HOST, 9, external_format="nonsense"),
    lambda s: open_stream(HOST, 9, external_format=5),
    lambda s: open_server(host=5.5),
    lambda s: open_server(port=None),
    lambda s: open_server(port=65536),
    lambda s: open_server(backlog=0),
    lambda s: open_server(backlog="1"),
    lambda s: accept_connection(None),
    lambda s: accept_connection(5),
    lambda s: accept_connection(s, timeout=-1),
    lambda s: accept_connection(s, external_format="nonsense"),
    lambda s: close_server(None),
    lambda s: close_server(5),
    lambda s: close_server(values(5, s)),
    lambda s: close_server((s, 5)),
    lambda s: socket_nested_error(OSError()),
    lambda s: unsupported_feature(OSError())])
def test_wrong_arguments_are_type_errors(server, wrong):
    with pytest.raises(type_error) as caught:
        wrong(server)
    assert not isinstance(caught.value, ts.socket_error)
    assert not server.closed


@pytest.mark.parametrize("argument, wrong", [
    ("peer-host", lambda: open_stream(None, 9)), ("peer-port", lambda: open_stream(HOST, None)),
    ("local-port", lambda: open_stream(HOST, 9, local_port=None)), ("port", lambda: open_server(port=None)),
    ("server", lambda: close_server(None))])
def test_type_errors_name_the_argument(argument, wrong):
    with pytest.raises(type_error) as caught:
        wrong()
    assert (caught.value.argument, caught.value.datum) == (argument, None)


def test_a_stream_is_no_server(connection):
    client, _ = connection
    for use in (accept_connection, close_server):
        with pytest.raises(type_error):
            use(client)
    assert not client.closed


def test_services_without_a_port():
    for use in (lambda: open_stream(HOST, "nonsense"), lambda: open_server(port="nonsense"),
                lambda: open_stream(HOST, 9, local_port="nonsense")):
        with pytest.raises(unknown_service):
            use()


# ---- The module

def test_only_under_its_own_name():
    assert hy_iolib.accept_connection is not accept_connection
    assert hy_iolib.socket_error is not ts.socket_error
    for name in ("open_stream", "open_server", "close_server", "unsupported", "with_server"):
        assert not hasattr(hy_iolib, name) and name not in hy_iolib._hy_macros


def test_what_it_has():
    assert set(ts.__all__) == {
        "open_stream", "open_server", "opened_server", "close_server", "accept_connection",
        "socket_error", "socket_nested_error", "unsupported", "unsupported_feature"}
    assert set(ts._hy_export_macros) == {"open_stream", "open_server", "accept_connection", "with_server"}
