"""Host names: lookups, what they say when they fail, and connecting to what has several addresses."""

import contextlib
import errno
import os
import socket
import threading
import time

import pytest

import hy_iolib
from hy_iolib import (accept_connection, address_to_string, bind_address, connect, dns_nameservers,
                      ensure_address, ensure_hostname, ipv6, ipv6_network, local_host, local_port,
                      lookup_host, lookup_hostname, make_socket, parse_error, poll_timeout, remote_host,
                      remote_name, resolver_again_error, resolver_error, resolver_error_datum,
                      resolver_fail_error, resolver_no_name_error, resolver_unknown_error,
                      socket_connection_refused_error, type_error, unknown_interface, values)
from test_dns import dnsmasq  # noqa: F401  a fixture

HOST = "127.0.0.1"
LINK_LOCAL = "fe80::1"


def answer(*texts, canonical=""):
    """What getaddrinfo returns for a host that has these addresses; the canonical name comes in the first."""
    rows = []
    for text in texts:
        address = ensure_address(text)
        place = (text.partition("%")[0], 0)
        if address.family == socket.AF_INET6:
            place += (0, 0 if address.zone is None else socket.if_nametoindex(address.zone))
        first = address.family not in (row[0] for row in rows)
        rows.append((address.family, socket.SOCK_STREAM, 6, canonical if first else "", place))
    return rows


@pytest.fixture
def resolver(monkeypatch):
    """Says what the system's resolver answers: a function of the name, or rows, or an exception. The
    machine that tests run on has its own names, and none with several addresses."""
    def says(outcome):
        def getaddrinfo(name, port, family, *rest):
            got = outcome(name, family) if callable(outcome) else outcome
            if isinstance(got, BaseException):
                raise got
            return [row for row in got if family in (socket.AF_UNSPEC, row[0])]
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return says


# ---- Lookups

def test_localhost():
    entry = lookup_hostname("localhost", ipv6=None)
    assert entry == (ensure_address(HOST), (), "localhost", (("localhost", ensure_address(HOST)),))
    assert (entry.address, entry.addresses, entry.canonical_name, entry.names) == entry
    assert lookup_host("localhost", ipv6=False) == entry and entry
    assert ensure_hostname("localhost") == (ensure_address(HOST), ())
    hash(entry)


def test_which_addresses_are_wanted(resolver):
    resolver(answer("10.0.0.1", "2001:db8::1", "10.0.0.2", canonical="host.example"))
    four, six, all_ = (["10.0.0.1", "10.0.0.2"], ["2001:db8::1"], ["10.0.0.1", "2001:db8::1", "10.0.0.2"])
    for wish, texts in ((None, four), (False, four), ("ipv6", six), (hy_iolib.keyword("IPV6"), six), (True, all_)):
        entry = lookup_hostname("host", ipv6=wish)
        assert [str(a) for a in (entry.address, *entry.addresses)] == texts
        assert entry.canonical_name == "host.example"
        assert entry.names == tuple((n, ensure_address(t)) for n in ("host.example", "host") for t in texts)
        with ipv6.let(wish):
            assert lookup_hostname("host") == entry
            assert ensure_hostname("host") == entry[:2]
    assert [str(a) for a in lookup_hostname("host")[:1]] == ["10.0.0.1"]
    for wrong in ("ipv4", 6, "both", []):
        for operator in (lookup_hostname, ensure_hostname):
            with pytest.raises(type_error, match="ipv6: .* is not one of :ipv6"):
                operator("host", ipv6=wrong)


def test_the_same_address_twice_and_other_families(resolver):
    resolver(answer(HOST, HOST) + [(socket.AF_UNIX, 1, 0, "", ("x",))])
    assert lookup_hostname("Host", ipv6=True) == (ensure_address(HOST), (), "Host", (("Host", ensure_address(HOST)),))
    resolver([])
    with pytest.raises(resolver_no_name_error):
        lookup_hostname("host")


def test_zones_come_with_the_addresses(resolver):
    resolver(answer(f"{LINK_LOCAL}%lo"))
    assert str(lookup_hostname("host", ipv6=True).address) == f"{LINK_LOCAL}%lo"
    resolver([(socket.AF_INET6, 1, 6, "", (LINK_LOCAL, 0, 0, 99999))])  # of no interface
    assert str(lookup_hostname("host", ipv6=True).address) == f"{LINK_LOCAL}%99999"


def test_reverse():
    assert lookup_hostname(HOST)[2] == "localhost" == lookup_hostname(ensure_address(HOST))[2]
    assert lookup_hostname((127, 0, 0, 1)).names == (("localhost", ensure_address(HOST)),)
    with pytest.raises(resolver_error) as e:
        lookup_hostname("192.0.2.99")
    assert resolver_error_datum(e.value) == ensure_address("192.0.2.99")
    with pytest.raises(unknown_interface):
        lookup_hostname("fe80::1%nonesuch")


@pytest.mark.parametrize("code, kind", [
    ("EAI_AGAIN", resolver_again_error), ("EAI_FAIL", resolver_fail_error), ("EAI_NONAME", resolver_no_name_error),
    ("EAI_NODATA", resolver_no_name_error), ("EAI_ADDRFAMILY", resolver_no_name_error),
    ("EAI_SYSTEM", resolver_unknown_error), ("EAI_MEMORY", resolver_unknown_error)])
def test_what_the_resolver_says_is_told_apart(code, kind, resolver):
    original = socket.gaierror(getattr(socket, code), "so it says")
    resolver(original)
    for ask in (lookup_hostname, ensure_hostname, lambda name: make_socket(remote_host=name, remote_port=1)):
        with pytest.raises(kind, match="'host.example': so it says") as e:
            ask("host.example")
        assert type(e.value) is kind and isinstance(e.value, (resolver_error, socket.gaierror))
        assert e.value.__cause__ is original and e.value.errno == getattr(socket, code)
        assert e.value.datum == "host.example" == resolver_error_datum(e.value)
    assert ensure_hostname("host.example", errorp=False) is None


def test_a_system_call_that_fails_on_the_way(resolver):
    resolver(OSError(errno.EMFILE, "Too many open files"))
    with pytest.raises(resolver_unknown_error, match="'host': Too many open files") as e:
        lookup_hostname("host")
    assert e.value.errno == errno.EMFILE and e.value.__cause__.errno == errno.EMFILE
    assert ensure_hostname("host", errorp=False) is None


def test_name_servers_that_are_none():
    for none in (None, False):
        assert lookup_hostname("localhost", ns=none).canonical_name == "localhost"
    with pytest.raises(type_error, match="nameservers"):
        lookup_hostname("localhost", ns=[])


def test_an_unknown_name_for_real():
    with pytest.raises((resolver_no_name_error, resolver_again_error)):
        lookup_hostname("no-such-host.invalid")


@pytest.mark.parametrize("nonsense", [
    "", "x" * 300, ".".join(["x" * 60] * 5), "a\0b", "a\nb", "a b", "\ud800", "a..b", ".", "..", "a/b", "a:1", "a%b",
    "256.1.1.1", "127.0.0.01", "0x7f.1", "0x7f000001", "1.2.3.4.5", "x" * 64 + ".example", "\U0001f600" * 80,
    # What the codec makes addresses of, in ways of writing that are refused as such.
    "0x7f。1", "0177。0。0。1", "２１３０７０６４３３", "127.0.0.１", "①②⑦.⓪.⓪.①", "127.0.0.1\u00ad"])
def test_nonsense_is_no_name(nonsense, monkeypatch):
    for ask in (lookup_hostname, ensure_hostname, lambda name: make_socket(remote_host=name, remote_port=1)):
        with pytest.raises(resolver_no_name_error) as e:
            ask(nonsense)
        assert e.value.datum == nonsense and len(str(e.value)) < 400
    assert ensure_hostname(nonsense, errorp=False) is None


@pytest.mark.parametrize("wrong", [None, 1.5, True, [], (1, 2, 3), b"localhost", -1, object(), {}], ids=repr)
def test_neither_name_nor_address(wrong):
    for ask in (lookup_hostname, ensure_hostname):
        with pytest.raises(parse_error) as e:
            ask(wrong)
        assert isinstance(e.value, TypeError)
    assert ensure_hostname(wrong, errorp=False) is None


def test_other_alphabets(resolver):
    asked = []

    def see(name, family):
        asked.append(name)
        return answer(HOST)

    resolver(see)
    assert lookup_hostname("bücher.example").names[0][0] == "bücher.example"
    assert asked == ["xn--bcher-kva.example"]


def test_ensure_hostname_of_addresses():
    for designator in (HOST, ensure_address(HOST), (127, 0, 0, 1), 0x7F000001, values(ensure_address(HOST), 1)):
        assert ensure_hostname(designator) == (ensure_address(HOST), ())
    assert ensure_hostname("fe80::1%nonesuch").address.zone == "nonesuch"


def test_by_name_servers(dnsmasq):  # noqa: F811
    entry = lookup_hostname("alias.example.test", ipv6=True, ns=dnsmasq)
    assert [str(a) for a in (entry.address, *entry.addresses)] == ["10.0.0.1", "2001:db8::1"]
    assert entry.canonical_name == "www.example.test"
    assert ("alias.example.test", ensure_address("10.0.0.1")) in entry.names
    with dns_nameservers.let(dnsmasq):
        assert str(lookup_hostname("many.example.test", ns=True).address) in ("10.0.0.5", "10.0.0.6")
        assert str(lookup_hostname("www.example.test", ipv6="ipv6", ns=True)[0]) == "2001:db8::1"
    assert lookup_hostname("10.0.0.4", ns=dnsmasq).canonical_name == "four.example.test"
    with pytest.raises(resolver_no_name_error):
        lookup_hostname("none.example.test", ns=dnsmasq)
    with pytest.raises(resolver_no_name_error):
        lookup_hostname("four.example.test", ipv6="ipv6", ns=dnsmasq)
    with pytest.raises(parse_error):
        lookup_hostname(None, ns=dnsmasq)


# ---- Connecting to what has several addresses

@contextlib.contextmanager
def hosts_on_one_port(*kinds):
    """127.0.0.2 and so on, on one port: `refuses`, `listens` or `hangs`. Yields port and listeners."""
    while True:
        with contextlib.ExitStack() as stack:
            port, listeners = 0, []
            with contextlib.suppress(OSError):
                for i, kind in enumerate(kinds):
                    s = stack.enter_context(socket.socket())
                    s.bind((f"127.0.0.{i + 2}", port))
                    port = s.getsockname()[1]
                    if kind == "refuses":
                        continue
                    s.listen(1)
                    if kind == "hangs":
                        fill(s, stack)
                    listeners.append(s)
                yield port, listeners
                return


def fill(listener, stack):
    """Have so many connections wait that a further one gets no answer."""
    for _ in range(100):
        s = stack.enter_context(socket.socket())
        s.settimeout(0.2)
        try:
            s.connect(listener.getsockname())
        except OSError:
            return
    pytest.fail("it takes any number of connections")


def addresses(count):
    return [f"127.0.0.{i + 2}" for i in range(count)]


def test_the_next_address_when_one_refuses(resolver):
    with hosts_on_one_port("refuses", "refuses", "listens") as (port, [listener]):
        resolver(answer(*addresses(3)))
        with make_socket(remote_host="host", remote_port=port) as s:
            assert remote_name(s) == (ensure_address("127.0.0.4"), port)
        with make_socket() as s:
            connect(s, "host", port=port, timeout=10)
            assert str(remote_host(s)) == "127.0.0.4"


def test_the_last_refusal_is_told(resolver):
    with hosts_on_one_port("refuses", "refuses") as (port, _):
        resolver(answer(*addresses(2)))
        with pytest.raises(socket_connection_refused_error, match=f"127.0.0.3 {port}|127.0.0.3/{port}"):
            make_socket(remote_host="host", remote_port=port, timeout=5)


def test_the_next_address_when_one_is_silent(resolver):
    with hosts_on_one_port("hangs", "hangs", "listens") as (port, listeners):
        resolver(answer(*addresses(3)))
        start = time.monotonic()
        with make_socket(remote_host="host", remote_port=port, nodelay=True, timeout=3) as s:
            assert 1.5 < time.monotonic() - start < 2.9
            assert str(remote_host(s)) == "127.0.0.4"
            # The socket is the same, with all that was set on it, and works.
            assert s.python_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            peer, _ = listeners[2].accept()
            with peer:
                hy_iolib.send_to(s, b"x")
                assert peer.recv(1) == b"x"


def test_one_time_limit_for_all_addresses(resolver):
    with hosts_on_one_port("hangs", "hangs", "hangs") as (port, _):
        resolver(answer(*addresses(3)))
        start = time.monotonic()
        with pytest.raises(poll_timeout):
            make_socket(remote_host="host", remote_port=port, timeout=1)
        assert 0.9 < time.monotonic() - start < 2
        with make_socket() as s, pytest.raises(poll_timeout):
            connect(s, "host", port=port, wait=0.5)


def test_a_silent_address_then_one_that_refuses(resolver):
    with hosts_on_one_port("hangs", "refuses") as (port, _):
        resolver(answer(*addresses(2)))
        with pytest.raises(socket_connection_refused_error):
            make_socket(remote_host="host", remote_port=port, timeout=1)


def test_without_waiting_the_first_that_can_be_begun(resolver):
    with hosts_on_one_port("hangs", "listens") as (port, _):
        resolver(answer(*addresses(2)))
        with make_socket() as s:
            connect(s, "host", port=port, wait=False)
            with pytest.raises(poll_timeout):
                connect(s, "127.0.0.2", port=port, timeout=0.2)


def test_a_slow_resolver_is_within_the_limit(resolver):
    done, finished = threading.Event(), threading.Event()

    def slow(name, family):
        done.wait(20)
        finished.set()
        return answer(HOST)

    resolver(slow)
    start = time.monotonic()
    try:
        with pytest.raises(poll_timeout, match="'host' was not found within the time allowed"):
            make_socket(remote_host="host", remote_port=1, timeout=0.3)
        assert time.monotonic() - start < 5
    finally:
        done.set()
        assert finished.wait(20)
        for thread in set(threading.enumerate()) - {threading.current_thread()}:
            thread.join(20)


def test_a_resolver_in_time(resolver):
    with hosts_on_one_port("listens") as (port, _):
        resolver(answer("127.0.0.2"))
        with make_socket(remote_host="host", remote_port=port, timeout=10) as s:
            assert str(remote_host(s)) == "127.0.0.2"
        resolver(socket.gaierror(socket.EAI_AGAIN, "later"))
        with pytest.raises(resolver_again_error, match="later"):
            make_socket(remote_host="host", remote_port=port, timeout=10)
        resolver(MemoryError("so much"))
        with pytest.raises(MemoryError, match="so much"):
            make_socket(remote_host="host", remote_port=port, timeout=10)


def test_an_ipv6_socket_reaches_both(resolver):
    with hosts_on_one_port("listens") as (port, _):
        resolver(answer("::1", "127.0.0.2"))
        with make_socket(ipv6=True, remote_host="host", remote_port=port, timeout=10) as s:
            assert str(remote_host(s)) == "::ffff:127.0.0.2"
        with make_socket(remote_host="host", remote_port=port) as s:
            assert str(remote_host(s)) == "127.0.0.2"


def test_a_failed_connect_leaves_nothing_open(resolver):
    before = len(os.listdir("/proc/self/fd"))
    with hosts_on_one_port("refuses", "hangs") as (port, _):
        resolver(answer(*addresses(2)))
        inside = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            with pytest.raises((poll_timeout, socket_connection_refused_error)):
                make_socket(remote_host="host", remote_port=port, timeout=0.05)
        assert len(os.listdir("/proc/self/fd")) == inside
    assert len(os.listdir("/proc/self/fd")) == before


# ---- Zones

def link_local():
    """A link-local address of this machine, with its zone, and the zone as an index; or None."""
    with open("/proc/net/if_inet6") as file:
        for line in file:
            octets, index, _, scope, _, name = line.split()
            if scope == "20":
                address = ensure_address(bytes.fromhex(octets))
                return f"{address}%{name}", f"{address}%{int(index, 16)}"
    return None


def test_zones_are_used_to_bind_and_connect():
    found = link_local()
    if found is None:
        # The loopback interface takes any zone for ::1.
        found = "::1%lo", "::1%1"
    named, numbered = found
    with make_socket(connect="passive", local_host=named) as server:
        port = local_port(server)
        for designator in (named, numbered, ensure_address(named)):
            with make_socket(remote_host=designator, remote_port=port, timeout=10) as s, \
                    accept_connection(server) as peer:
                if named.startswith("fe80"):
                    assert str(remote_host(s)) == named == str(local_host(peer)) == str(remote_host(peer))
                    assert named in repr(s) and named in repr(server)
                    assert remote_host(s) in ipv6_network("fe80::/64")
                else:
                    assert address_to_string(remote_host(s)) == "::1"


def test_unknown_zones():
    for zone in ("nonesuch", "x\0y", "\ud800", "4294967296", "99999999999"):
        with pytest.raises(unknown_interface) as e:
            make_socket(remote_host=f"fe80::1%{zone}", remote_port=1)
        assert e.value.datum == zone
    with make_socket(ipv6=True) as s, pytest.raises(hy_iolib.syscall_error) as e:
        bind_address(s, "fe80::1%424242")
    assert e.value.errno in (errno.EINVAL, errno.EADDRNOTAVAIL, errno.ENODEV)
