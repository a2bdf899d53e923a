"""Questions to name servers: dnsmasq, and servers of our own that misbehave."""

import contextlib
import os
import pickle
import shutil
import socket as python_socket
import subprocess
import sys
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.nameserver
import dns.query
import dns.rcode
import dns.resolver
import dns.rrset
import hy
import pytest

import hy_iolib
from hy_iolib import (dns_domain, dns_message, dns_message_additional, dns_message_answer,
                      dns_message_authority, dns_message_decoded_flags, dns_message_flags,
                      dns_message_id, dns_message_question, dns_nameservers, dns_query,
                      dns_search_domain, ensure_address, ipv4_address, ipv6_address, keyword,
                      missing_package, resolver_again_error, resolver_error, resolver_fail_error,
                      resolver_no_name_error, resolver_unknown_error, type_error, values)
from hy_iolib.sockets.dns import addresses_by_dns

HOST = "127.0.0.1"

# Debian's is for root only, by its place; it runs as anybody.
DNSMASQ = shutil.which("dnsmasq", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
LONG_TEXT = "x" * 150

ZONE = f"""\
host-record=www.example.test,10.0.0.1,2001:db8::1
host-record=four.example.test,10.0.0.4
host-record=many.example.test,10.0.0.5
host-record=many.example.test,10.0.0.6
host-record=both.example.test,10.0.0.7
host-record=both.other.test,10.0.0.8
host-record=b.both.example.test,10.0.0.9
host-record=xn--bcher-kva.example.test,10.0.0.10
cname=alias.example.test,www.example.test
mx-host=example.test,mail.example.test,10
mx-host=example.test,spare.example.test,20
srv-host=_sip._tcp.example.test,sip.example.test,5060,1,2
txt-record=example.test,v=spf1 ,-all
txt-record=utf-8.example.test,caf\u00e9
txt-record=long.example.test,{",".join([LONG_TEXT] * 5)}
dns-rr=octets.example.test,16,03ff6162
dns-rr=caa.example.test,257,000569737375656361
dns-rr=example.test,2,026e73047465737400
auth-zone=auth.test
auth-server=ns.auth.test
auth-soa=2024010101,hostmaster.auth.test,1200,120,86400
local=/test/
local=/arpa/
local=/four/both/example/1/
"""


@contextlib.contextmanager
def bound_pair():
    """A UDP and a TCP socket, bound to one port that was free for both."""
    while True:
        with python_socket.socket(type=python_socket.SOCK_DGRAM) as udp, python_socket.socket() as tcp:
            tcp.bind((HOST, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            yield udp, tcp
            return


def free_port():
    """One that is free for UDP and TCP."""
    with bound_pair() as (udp, _):
        return udp.getsockname()[1]


def answers(process, port):
    """Does it answer, before it ends?"""
    query = dns.message.make_query("www.example.test", "A")
    while process.poll() is None:
        with contextlib.suppress(dns.exception.Timeout, OSError):
            dns.query.udp(query, HOST, port=port, timeout=0.1)
            return True
    return False


@pytest.fixture(scope="module")
def dnsmasq(tmp_path_factory):
    """The pair of address and port of a name server for the zone above."""
    if not DNSMASQ:
        pytest.skip("dnsmasq is not installed")
    folder = tmp_path_factory.mktemp("dnsmasq")
    (folder / "conf").write_text(ZONE, "utf-8")
    for _ in range(5):  # somebody may take the port that was free
        port = free_port()
        user = ["--user=root"] if os.geteuid() == 0 else []
        with open(folder / "log", "w") as log, subprocess.Popen(
                [DNSMASQ, "--keep-in-foreground", "--log-facility=-", "--no-resolv", "--no-hosts",
                 f"--conf-file={folder / 'conf'}", "--pid-file", f"--port={port}", *user,
                 f"--listen-address={HOST}", "--bind-interfaces"],
                stdout=log, stderr=log) as process:
            try:
                if answers(process, port):
                    yield HOST, port
                    return
            finally:
                process.terminate()
    pytest.fail((folder / "log").read_text())


@pytest.fixture
def ask(dnsmasq):
    """dns_query, of dnsmasq, without the system's search domains."""
    def ask(name, **keywords):
        return dns_query(name, **{"nameservers": dnsmasq, "search": [], **keywords})
    return ask


@contextlib.contextmanager
def name_server(answer, accept=None):
    """A name server in a thread: `answer(query)` gives what it replies, octets or a message or None, or
    a list of such. Gives its pair of address and port, and the list of the queries so far. TCP is
    refused there, but `accept` (called with the listening socket before anything is asked) may listen."""
    queries = []
    with bound_pair() as (udp, tcp):
        if accept:
            tcp.listen()
            accept(tcp)

        def serve():
            while True:
                octets, client = udp.recvfrom(65535)
                if not octets:
                    return
                queries.append(dns.message.from_wire(octets))
                replies = answer(queries[-1])
                for reply in replies if isinstance(replies, list) else [replies]:
                    if reply is not None:
                        udp.sendto(reply if isinstance(reply, bytes) else reply.to_wire(), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield udp.getsockname(), queries
        finally:
            with python_socket.socket(type=python_socket.SOCK_DGRAM) as stop:
                stop.sendto(b"", udp.getsockname())
            thread.join(20)


def silent(query):
    return None


def says(rcode):
    def answer(query):
        reply = dns.message.make_response(query)
        reply.set_rcode(rcode)
        return reply
    return answer


def good(query):
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "10.9.9.9"))
    return reply


GOOD = (ensure_address("10.9.9.9"),)


@contextlib.contextmanager
def within(seconds):
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds


# ---- What is answered

@pytest.mark.parametrize("name, type, data", [
    ("www.example.test", "a", (ensure_address("10.0.0.1"),)),
    ("www.example.test.", "A", (ensure_address("10.0.0.1"),)),
    ("WWW.Example.TEST", keyword("a"), (ensure_address("10.0.0.1"),)),
    ("www.example.test", "aaaa", (ensure_address("2001:db8::1"),)),
    ("alias.example.test", "a", (ensure_address("10.0.0.1"),)),
    ("alias.example.test", "cname", ("www.example.test",)),
    ("_sip._tcp.example.test", "srv", ((1, 2, 5060, "sip.example.test"),)),
    ("example.test", "txt", ("v=spf1 -all",)),
    ("utf-8.example.test", "txt", ("caf\u00e9",)),
    ("octets.example.test", "txt", ("\ufffdab",)),
    ("example.test", "ns", ("ns.test",)),
    ("auth.test", "soa", (("ns.auth.test", "hostmaster.auth.test", 2024010101, 1200, 120, 86400, 600),)),
    ("caa.example.test", "any", ('0 issue "ca"',)),
    ("b\u00fccher.example.test", "a", (ensure_address("10.0.0.10"),)),
])
def test_decoded_data(ask, name, type, data):
    assert ask(name, type=type, decode=True) == data


def test_decoded_data_has_names(ask):
    assert sorted(ask("example.test", type="mx", decode=True)) \
        == [(10, "mail.example.test"), (20, "spare.example.test")]
    mx = min(ask("example.test", type="mx", decode=True))
    assert (mx.preference, mx.exchange) == (10, "mail.example.test")
    [srv] = ask("_sip._tcp.example.test", type="srv", decode=True)
    assert (srv.priority, srv.weight, srv.port, srv.target) == (1, 2, 5060, "sip.example.test")
    [soa] = ask("auth.test", type="soa", decode=True)
    assert (soa.mname, soa.serial, soa.minimum) == ("ns.auth.test", 2024010101, 600)
    assert pickle.loads(pickle.dumps(soa)) == soa


def test_several_answers(ask):
    assert {str(a) for a in ask("many.example.test", decode=True)} == {"10.0.0.5", "10.0.0.6"}
    [v4, v6] = sorted(ask("www.example.test", type="any", decode=True), key=str)
    assert isinstance(v4, ipv4_address) and isinstance(v6, ipv6_address)


@pytest.mark.parametrize("name", [
    "10.0.0.1", ensure_address("10.0.0.1"), (10, 0, 0, 1), 0x0A000001, b"\x0a\x00\x00\x01",
    values(ensure_address("10.0.0.1"), 80), "2001:db8::1", ensure_address("2001:db8::1"),
    "1.0.0.10.in-addr.arpa", "1.0.0.10.in-addr.arpa."])
def test_reverse(ask, name):
    assert ask(name, type="ptr", decode=True) == ("www.example.test",)


def test_an_address_is_a_name_to_other_types(ask):
    with pytest.raises(resolver_no_name_error):
        ask("10.0.0.1", decode=True)


def test_message(ask):
    message = ask("alias.example.test")
    assert isinstance(message, dns_message)
    assert message.response.id == dns_message_id(message) in range(65536)
    assert dns_message_flags(message) == message.response.flags == 0x8580
    assert dns_message_decoded_flags(message) == (True, "query", True, False, True, True, "noerror")
    assert dns_message_decoded_flags(message)._fields == (
        "response", "opcode", "authoritative", "truncated", "recursion_desired", "recursion_available",
        "rcode")
    [question] = dns_message_question(message)
    assert (question.name, question.type, question.class_) == ("alias.example.test", "a", "in")
    [cname, a] = dns_message_answer(message)
    assert cname == ("alias.example.test", "cname", "in", 0, "www.example.test")
    assert (a.name, a.type, a.class_, a.ttl, a.data) \
        == ("www.example.test", "a", "in", 0, ensure_address("10.0.0.1"))
    assert dns_message_authority(message) == dns_message_additional(message) == ()
    assert repr(message) == f"<dns-message {message.response.id} alias.example.test. IN A>"
    for x in (question.type, question.class_, *dns_message_decoded_flags(message)[1::5]):
        assert x is keyword(str(x))


def test_sections_and_other_classes():
    message = dns_message(dns.message.from_text("""id 9
opcode STATUS
rcode BADVERS
flags QR TC
;QUESTION
a.test. CH A
;ANSWER
a.test. 5 CH A b.test. 1
a.test. 5 CH TXT "x y"
;AUTHORITY
. 6 IN NS a\\.b.test.
;ADDITIONAL
x.test. 7 IN MX 0 .
x.test. 7 IN TYPE65280 \\# 1 00
"""))
    assert dns_message_question(message) == (("a.test", "a", "ch"),)
    assert [r.data for r in dns_message_answer(message)] == ["b.test. 1", '"x y"']
    assert dns_message_authority(message) == ((".", "ns", "in", 6, r"a\.b.test"),)
    assert dns_message_additional(message) == (("x.test", "mx", "in", 7, (0, ".")),
                                               ("x.test", "type65280", "in", 7, r"\# 1 00"))
    flags = dns_message_decoded_flags(message)
    assert (flags.opcode, flags.rcode, flags.truncated, flags.authoritative) \
        == ("status", "badvers", True, False)


def test_no_such_name(ask):
    assert dns_message_decoded_flags(ask("nobody.example.test")).rcode is keyword("nxdomain")
    message = ask("four.example.test", type="aaaa")
    assert dns_message_decoded_flags(message).rcode == "noerror" and dns_message_answer(message) == ()
    for name, type in (("nobody.example.test", "a"), ("four.example.test", "aaaa")):
        with pytest.raises(resolver_no_name_error, match="no such host") as caught:
            ask(name, type=type, decode=True)
        assert caught.value.datum == name and isinstance(caught.value, python_socket.gaierror)


def test_a_long_answer_comes_over_tcp(ask):
    assert ask("long.example.test", type="txt", decode=True) == (5 * LONG_TEXT,)


# ---- Search domains

@pytest.mark.parametrize("name, search, last", [
    ("four", "example.test", "4"), ("four", ["other.test", "example.test"], "4"),
    ("four", ("example.test.",), "4"), ("both", ["example.test", "other.test"], "7"),
    ("both", ["other.test", "example.test"], "8"), ("both.example", "test", "7"),
    ("b.both.example.test", "example.test", "9"), ("b.both", "example.test", "9"),
    ("four.example.test", [".".join(["x" * 60] * 4)], "4")])
def test_search(ask, name, search, last):
    found = (ensure_address(f"10.0.0.{last}"),)
    assert ask(name, search=search, decode=True) == found
    with dns_search_domain.let(search):
        assert ask(name, search=None, decode=True) == found


def test_not_searched(ask):
    for name, search in (("four.", "example.test"), ("four", [])):
        with pytest.raises(resolver_no_name_error):
            ask(name, search=search, decode=True)


def test_domain_comes_after_the_search_domains(ask):
    with dns_domain.let("other.test"):
        assert str(ask("both", decode=True)[0]) == "10.0.0.8"
        assert str(ask("both", search="example.test", decode=True)[0]) == "10.0.0.7"
        assert str(ask("both", search="nowhere.test", decode=True)[0]) == "10.0.0.8"


@pytest.mark.parametrize("name, search, asked", [
    ("a", ["x", "y"], ["a.x.", "a.y.", "a."]), ("a.b", ["x", "y"], ["a.b.", "a.b.x.", "a.b.y."]),
    ("a.", ["x"], ["a."]), ("a", [], ["a."])])
def test_order_of_names(name, search, asked):
    with name_server(says(dns.rcode.NXDOMAIN)) as (server, queries):
        message = dns_query(name, search=search, nameservers=server)
        assert [str(query.question[0].name) for query in queries] == asked
        assert dns_message_question(message)[0].name == asked[-1][:-1]


# ---- What the system says

@pytest.fixture
def resolv_conf(tmp_path, monkeypatch):
    """`resolv_conf(text)` makes that the system's configuration."""
    read = dns.resolver.Resolver.read_resolv_conf
    path = tmp_path / "resolv.conf"
    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", lambda self, f: read(self, str(path)))
    return path.write_text


def test_the_systems_name_servers_and_domains(resolv_conf, monkeypatch, dnsmasq):
    asked = []

    def query(self, request, *_):
        asked.append((self.address, self.port, str(request.question[0].name)))
        raise dns.exception.Timeout

    resolv_conf("nameserver 127.0.0.9\nnameserver ::9\nsearch one.test two.test\noptions ndots:2\n")
    assert dns_query("four.example", search="test", nameservers=dnsmasq, decode=True) \
        == (ensure_address("10.0.0.4"),)
    monkeypatch.setattr(dns.nameserver.Do53Nameserver, "query", query)
    with pytest.raises(resolver_again_error):
        dns_query("a.b", repeat=2)
    assert asked == 2 * [("127.0.0.9", 53, "a.b.one.test."), ("::9", 53, "a.b.one.test.")]
    with pytest.raises(resolver_again_error), dns_domain.let("d.test"):
        dns_query("a", repeat=1, search=[])
    assert asked[4:] == [("127.0.0.9", 53, "a.d.test."), ("::9", 53, "a.d.test.")]


@pytest.mark.parametrize("text, cause", [
    (None, dns.resolver.NoResolverConfiguration),
    ("options ndots:1\n", dns.resolver.NoResolverConfiguration),
    ("nameserver nonsense\n", ValueError), ("search a..b\n", dns.exception.DNSException)])
def test_a_system_without_configuration(resolv_conf, ask, text, cause):
    if text:
        resolv_conf(text)
    assert ask("four.example.test", search=None, decode=True)
    with pytest.raises(resolver_unknown_error) as caught:
        dns_query("four.example.test")
    assert isinstance(caught.value.__cause__, cause) and caught.value.datum == "four.example.test"


def names_asked(name):
    with name_server(says(dns.rcode.NXDOMAIN)) as (server, queries):
        dns_query(name, nameservers=server)
        return [str(query.question[0].name) for query in queries]


def test_the_systems_domain(resolv_conf, monkeypatch):
    resolv_conf("nameserver 127.0.0.9\ndomain one.test\n")
    assert names_asked("a") == ["a.one.test.", "a."]
    with dns_domain.let("two.test"):
        assert names_asked("a") == ["a.two.test.", "a."]
    resolv_conf("nameserver 127.0.0.9\noptions ndots:0\n")
    monkeypatch.setattr(python_socket, "gethostname", lambda: "host.three.test")
    assert names_asked("a") == ["a.", "a.three.test."]
    monkeypatch.setattr(python_socket, "gethostname", lambda: "host")
    assert names_asked("a") == ["a."]


# ---- Name servers

def test_designators_of_name_servers(dnsmasq, monkeypatch):
    host, port = dnsmasq
    local_name = values(ensure_address(host), port)
    for designator in ((host, port), [ensure_address(host), port], [(host, port)], ((host, port),),
                       local_name, [local_name], [((127, 0, 0, 1), port)]):
        assert dns_query("four.example.test", nameservers=designator, decode=True)
        with dns_nameservers.let(designator):
            assert dns_query("four.example.test", decode=True)


def test_port_53_unless_said(monkeypatch):
    asked = []

    def query(self, *_):
        asked.append((self.address, self.port))
        raise OSError

    monkeypatch.setattr(dns.nameserver.Do53Nameserver, "query", query)
    for designator in ("127.0.0.9", (127, 0, 0, 9), hy_iolib.IPV6_LOOPBACK, ["127.0.0.9", ("::9", 54)]):
        with pytest.raises(resolver_again_error):
            dns_query("a.", nameservers=designator)
    assert asked == [("127.0.0.9", 53), ("127.0.0.9", 53), ("::1", 53), ("127.0.0.9", 53), ("::9", 54)]


def test_silence():
    with name_server(silent) as (server, queries), within(5):
        with pytest.raises(resolver_again_error, match="no name server answers") as caught:
            dns_query("a.", nameservers=server, timeout=0.3)
        assert isinstance(caught.value.__cause__, dns.exception.Timeout) and caught.value.datum == "a."
        assert len(queries) == 3
        with pytest.raises(resolver_again_error):
            dns_query("a.", nameservers=server, timeout=0.1, repeat=1)
        assert len(queries) == 4
        with pytest.raises(resolver_again_error):
            dns_query("a.", nameservers=server, timeout=0)


def test_the_limit_is_for_all_servers_and_names():
    with name_server(silent) as (dead, _), name_server(says(dns.rcode.NXDOMAIN)) as (alive, _):
        with within(3), contextlib.suppress(resolver_again_error):
            dns_query("a", search=["x"] * 50, nameservers=[dead, alive, dead], timeout=0.5)


@pytest.mark.parametrize("bad", [silent, says(dns.rcode.SERVFAIL), says(dns.rcode.REFUSED),
                                 lambda query: b"garbage"])
def test_the_next_server_answers(bad):
    with name_server(bad) as (first, _), name_server(good) as (second, _), within(5):
        assert dns_query("a.", nameservers=[first, second], timeout=2, decode=True) == GOOD


def test_a_server_that_answers_the_second_time():
    seen = []
    with name_server(lambda query: good(query) if seen else seen.append(1)) as (server, queries):
        assert dns_query("a.", nameservers=server, timeout=1, decode=True) == GOOD
        assert len(queries) == 2 and queries[0].id != queries[1].id


def wrong_id(query):
    reply = good(query)
    reply.id ^= 1
    return reply


def other_question(query):
    return good(dns.message.make_query("b.", "A", id=query.id))


@pytest.mark.parametrize("nonsense", [
    lambda query: b"garbage", lambda query: b"x", lambda query: good(query).to_wire()[:-3],
    lambda query: query.to_wire(), wrong_id, other_question])
def test_nonsense(nonsense):
    with name_server(nonsense) as (server, _), within(5):
        with pytest.raises((resolver_again_error, resolver_unknown_error)) as caught:
            dns_query("a.", nameservers=server, timeout=0.3)
        assert isinstance(caught.value.__cause__, dns.exception.DNSException)


def test_nonsense_before_the_answer():
    with name_server(lambda query: [b"x", wrong_id(query), good(query)]) as (server, queries):
        assert dns_query("a.", nameservers=server, decode=True) == GOOD
        assert len(queries) == 1


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_servers_that_fail(rcode):
    with name_server(says(rcode)) as (server, queries):
        for decode in (False, True):
            with pytest.raises(resolver_fail_error, match=dns.rcode.to_text(rcode)) as caught:
                dns_query("a.", nameservers=[server, server], decode=decode)
            assert caught.value.datum == "a."
        assert len(queries) == 4  # none was asked again


def test_who_is_silent_may_answer_later():
    with name_server(silent) as (dead, _), name_server(says(dns.rcode.SERVFAIL)) as (failing, _):
        for servers in ([dead, failing], [failing, dead]):
            with pytest.raises(resolver_again_error):
                dns_query("a.", nameservers=servers, timeout=0.2, repeat=1)


def truncated(query):
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.TC
    return reply


def test_truncated_and_tcp_refused():
    with name_server(truncated) as (server, queries):
        with pytest.raises(resolver_again_error) as caught:
            dns_query("a.", nameservers=server)
        assert isinstance(caught.value.__cause__, ConnectionRefusedError) and len(queries) == 1


def test_truncated_and_tcp_silent():
    with name_server(truncated, accept=lambda tcp: None) as (server, queries), within(5):
        with pytest.raises(resolver_again_error):
            dns_query("a.", nameservers=server, timeout=0.3)
        assert len(queries) == 3


def test_truncated_and_nonsense_over_tcp(in_thread):
    served = []

    def accept(tcp):
        def serve():
            peer, _ = tcp.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"\0\4what")
        served.append(in_thread(serve))

    with name_server(truncated, accept) as (server, _):
        with pytest.raises(resolver_unknown_error) as caught:
            dns_query("a.", nameservers=server)
        served[0]()
        assert isinstance(caught.value.__cause__, dns.exception.DNSException)


@pytest.mark.parametrize("timeout", [1e300, float("inf"), 10**400], ids=["large", "infinite", "integer"])
def test_a_limit_beyond_all_limits(timeout):
    with name_server(lambda query: time.sleep(0.1) or good(query)) as (server, _):
        assert dns_query("a.", nameservers=server, timeout=timeout, decode=True) == GOOD


# ---- Arguments

@pytest.mark.parametrize("name", [
    "", "\0", "a\0b", "a\nb", "a\r\n", "\x7f", "\ud800", "\ud800\u00fc.test", "x" * 64, "\u00fc" * 80,
    ".".join(["x" * 49] * 6), ".".join(["x" * 62] * 4) + ".xx", "a..b", ".a", "..", "\\", "\\300"])
def test_hostile_names(name):
    with name_server(good) as (server, queries):
        for type in ("a", "ptr", "txt"):
            with pytest.raises(resolver_no_name_error) as caught:
                dns_query(name, type=type, nameservers=server)
            assert caught.value.datum == name
        with pytest.raises(resolver_no_name_error):
            dns_query("a", search=name, nameservers=server)
        with pytest.raises(resolver_no_name_error):
            addresses_by_dns(name, None, server)
        assert not queries


@pytest.mark.parametrize("name", ["a b.", ".", "x" * 63 + ".", "-.", "*.a.", "a\\.b.", "_a._b.", "xn--.",
                                  ".".join(["x" * 62] * 4) + ".x."])
def test_odd_names_that_may_exist(name):
    with name_server(good) as (server, _):
        assert dns_query(name, nameservers=server, decode=True) == GOOD


def answering(*rows):
    """A server whose answers are these records, whatever was asked."""
    def answer(query):
        reply = dns.message.make_response(query)
        for name, type, data in rows:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", type, data))
        return reply
    return answer


@pytest.mark.parametrize("rows, addresses", [
    ([("evil.test.", "A", "6.6.6.6")], ()),
    ([("a.test.", "A", "10.0.0.1"), ("evil.test.", "A", "6.6.6.6")], ("10.0.0.1",)),
    ([("a.test.", "CNAME", "b.test."), ("b.test.", "A", "10.0.0.2"), ("evil.test.", "A", "6.6.6.6")], ("10.0.0.2",)),
    ([("a.test.", "CNAME", "b.test.")], ()),
    ([("a.test.", "CNAME", "b.test."), ("b.test.", "CNAME", "a.test.")], ()),
])
def test_only_what_answers_the_question_counts(rows, addresses):
    with name_server(answering(*rows)) as (server, _):
        def by_dns(name):
            _, found = addresses_by_dns(name, None, server)
            return tuple(found)
        for ask in (by_dns, lambda name: dns_query(name, nameservers=server, decode=True)):
            if addresses:
                assert ask("a.test.") == tuple(map(ensure_address, addresses))
            else:
                with pytest.raises(resolver_no_name_error):
                    ask("a.test.")
        # The message itself hides nothing.
        assert len(dns_message_answer(dns_query("a.test.", nameservers=server))) == len(rows)


def test_zones():
    with name_server(answering()) as (server, queries):
        dns_query("fe80::1%lo", type="ptr", nameservers=server)
        assert queries[0].question[0].name.to_text().endswith("8.e.f.ip6.arpa.")
    for zone in ("nonesuch", "a\0b", "\ud800"):
        with pytest.raises(hy_iolib.unknown_interface):
            dns_query("a", nameservers=f"fe80::1%{zone}")


@pytest.mark.parametrize("argument, wrong", [
    ("name", [None, 5, b"a", ["a"], ensure_address("10.0.0.1"), 1.5]),
    ("type", [None, 5, "", "axfr", "hinfo", "a a", b"a", ["a"]]),
    ("search", [5, b"a", ["a", 5], [None], True, {"a": 1}.values()]),
    ("nameservers", [(), [], "", "localhost", "127.0.0.1:53", 1.5, True, [None], ["127.0.0.1", "x"],
                     ("127.0.0.1", 0), ("127.0.0.1", 65536), ("127.0.0.1", -1), ("127.0.0.1", True),
                     ("127.0.0.1", "domain"), [("127.0.0.1", 53, 1)], {"127.0.0.1": 53}, b"x"]),
    ("repeat", [0, -1, 1.5, "3", True, 256, 10**9]),
    ("timeout", [-1, "1", float("nan"), True, [1]]),
])
def test_wrong_arguments(argument, wrong):
    for x in wrong:
        with name_server(good) as (server, queries):
            arguments = {"name": "a", "nameservers": server, argument: x}
            with pytest.raises(type_error, match=argument) as caught:
                dns_query(**arguments)
            assert isinstance(caught.value, TypeError) and not queries


def test_wrong_values_of_the_special_variables():
    from hy_iolib.sockets import dns as ours
    for variable, wrong in ((dns_nameservers, "x"), (dns_search_domain, 5), (dns_domain, 5),
                            (getattr(ours, hy.mangle("*dns-timeout*")), None),
                            (getattr(ours, hy.mangle("*dns-repeat*")), 0)):
        with name_server(good) as (server, _), variable.let(wrong), pytest.raises(type_error):
            dns_query("a", nameservers=None if variable is dns_nameservers else server)


def test_readers_want_a_message(ask):
    for reader in (dns_message_id, dns_message_flags, dns_message_decoded_flags, dns_message_question,
                   dns_message_answer, dns_message_authority, dns_message_additional):
        with pytest.raises(type_error, match="message: .* is not a dns-message"):
            reader(ask("four.example.test").response)


def test_specials_are_looked_up_when_asked():
    from hy_iolib.sockets import dns as ours
    with name_server(silent) as (server, queries), dns_nameservers.let(server), within(5):
        with getattr(ours, hy.mangle("*dns-timeout*")).let(0.1), \
                getattr(ours, hy.mangle("*dns-repeat*")).let(2), pytest.raises(resolver_again_error):
            dns_query("a.")
        assert len(queries) == 2


# ---- Addresses for lookup-hostname

def test_addresses_by_dns(dnsmasq):
    v4, v6 = ensure_address("10.0.0.1"), ensure_address("2001:db8::1")
    for ipv6, expected in ((None, [v4]), ("ipv6", [v6]), (keyword("ipv6"), [v6]), (True, [v4, v6])):
        for name in ("www.example.test", "alias.example.test."):
            assert addresses_by_dns(name, ipv6, dnsmasq) == ("www.example.test", expected)
    with dns_nameservers.let(dnsmasq):
        assert addresses_by_dns("four.example.test", True, True) \
            == ("four.example.test", [ensure_address("10.0.0.4")])
    for name, ipv6 in (("four.example.test", "ipv6"), ("nobody.example.test", True)):
        with pytest.raises(resolver_no_name_error) as caught:
            addresses_by_dns(name, ipv6, dnsmasq)
        assert caught.value.datum == name


# ---- Without dnspython

def test_import_does_not_need_dnspython(run):
    code = "import sys, hy_iolib; assert not [m for m in sys.modules if m.split('.')[0] == 'dns']"
    run(sys.executable, "-c", code)


def test_without_dnspython(run):
    done = run(sys.executable, "-c", """if True:
        import sys
        sys.modules["dns"] = None
        import hy_iolib
        try:
            hy_iolib.dns_query("a")
        except ImportError as e:
            assert isinstance(e, hy_iolib.missing_package) and isinstance(e, hy_iolib.error)
            assert isinstance(e.__cause__, ImportError)
            print(e)""")
    assert done.stdout == "a package is not installed that this needs: pip install hy_iolib[dns]\n"


def test_conditions_travel():
    e = pickle.loads(pickle.dumps(missing_package(extra="dns")))
    assert e.extra == hy_iolib.missing_package_extra(e) == "dns" and "hy_iolib[dns]" in str(e)
    assert str(missing_package("said so")) == "said so"
    with name_server(says(dns.rcode.SERVFAIL)) as (server, _), pytest.raises(resolver_error) as caught:
        dns_query("a.", nameservers=server)
    assert pickle.loads(pickle.dumps(caught.value)).datum == "a."
