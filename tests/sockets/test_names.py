"""Services, protocols and network interfaces: what the system's files and the kernel say."""

import errno
import inspect
import pathlib
import socket
import threading

import hy
import pytest

import hy_iolib
from hy_iolib import (interface_index, interface_name, list_network_interfaces, lookup_interface, lookup_protocol,
                      lookup_service, make_interface, type_error, unknown_interface, unknown_interface_datum,
                      unknown_protocol, unknown_protocol_datum, unknown_service, unknown_service_datum)
from hy_iolib.sockets import databases, protocols, services

NONSENSE = ["", "x" * 300, "a\0b", "a\nb", "\ud800", "http ", " http", "99999", "9" * 5000, "-1", "８０", "#", "/tcp"]
WRONG = [None, True, 80.0, b"http", ["http"], {}, object(), -1, 65536]


def test_services_in_all_forms():
    for service in ("http", "www", 80, "80", "0080", hy_iolib.keyword("http"), hy.models.Keyword("HTTP"),
                    hy_iolib.keyword("www")):
        assert lookup_service(service) == (80, "http", "tcp")
        assert lookup_service(service, "any") == (80, "http", "tcp")
    entry = lookup_service("ntp", protocol=hy.models.Keyword("udp"))
    assert (entry.port, entry.name, entry.protocol) == (123, "ntp", "udp") and entry.protocol is hy_iolib.keyword("udp")
    assert lookup_service("ntp", "any").protocol == "udp" == lookup_service("ntp", "UDP").protocol


def test_all_services_of_this_system():
    """Against getservbyname and getservbyport, for each line of the file."""
    count = 0
    for line in pathlib.Path("/etc/services").read_text(encoding="utf-8").splitlines():
        name, *more = line.partition("#")[0].split() or [None]
        if not more or more[0].partition("/")[2] not in ("tcp", "udp"):
            continue
        port, _, protocol = more[0].partition("/")
        for known in (name, *more[1:]):
            assert lookup_service(known, protocol).port == socket.getservbyname(known, protocol)
        assert lookup_service(int(port), protocol).name == socket.getservbyport(int(port), protocol)
        count += 1
    assert count > 50


def test_all_protocols_of_this_system():
    count = 0
    for line in pathlib.Path("/etc/protocols").read_text(encoding="utf-8").splitlines():
        for name in line.partition("#")[0].split()[:1]:
            assert lookup_protocol(name).number == socket.getprotobyname(name)
            count += 1
    assert count > 20


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_unknown(nonsense):
    for protocol in ("tcp", "udp", "any"):
        with pytest.raises(unknown_service) as e:
            lookup_service(nonsense, protocol)
        assert unknown_service_datum(e.value) == nonsense and len(str(e.value)) < 300
        assert (protocol in str(e.value)) is (protocol != "any")
    with pytest.raises(unknown_protocol) as e:
        lookup_protocol(nonsense)
    assert unknown_protocol_datum(e.value) == nonsense
    with pytest.raises(unknown_interface) as e:
        lookup_interface(nonsense)
    assert unknown_interface_datum(e.value) == nonsense
    assert isinstance(e.value, hy_iolib.enxio) and e.value.error_identifier == "enxio"


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_wrong_types(wrong):
    with pytest.raises(type_error, match="service: "):
        lookup_service(wrong)
    with pytest.raises(type_error, match="protocol: "):
        lookup_protocol(wrong)
    if not isinstance(wrong, int) or isinstance(wrong, bool):
        with pytest.raises(type_error, match="interface: "):
            lookup_interface(wrong)


@pytest.mark.parametrize("wrong", ["sctp", None, 6, [], ""], ids=repr)
def test_wrong_protocols_of_services(wrong):
    with pytest.raises(type_error, match="protocol: .* is not one of :tcp, :udp, :any"):
        lookup_service("http", wrong)
    with pytest.raises(type_error, match="protocol"):
        lookup_service("no such", wrong)


def test_values_stand_for_their_first():
    assert lookup_service(lookup_service("http")).name == "http"
    assert lookup_protocol(lookup_protocol("tcp")).name == "tcp"
    assert lookup_interface(hy_iolib.values("lo", 1)).index == 1


def test_readers_of_other_conditions():
    for reader in (unknown_service_datum, unknown_protocol_datum, unknown_interface_datum,
                   hy_iolib.resolver_error_datum):
        with pytest.raises(type_error, match="condition: .* is not an? "):
            reader(ValueError("x"))


def test_signatures_are_what_one_writes():
    assert str(inspect.signature(lookup_protocol)) == "(protocol)"
    assert list(inspect.signature(lookup_service).parameters) == ["service", "protocol"]
    assert "cidr" in inspect.signature(hy_iolib.make_netmask).parameters
    with pytest.raises(TypeError, match="service is missing"):
        lookup_service()
    with pytest.raises(TypeError, match="unexpected keyword argument 'udp'"):
        lookup_service("http", udp=True)


def test_protocols_in_all_forms():
    for protocol in ("tcp", "TCP", 6, "6", hy.models.Keyword("tcp"), hy_iolib.keyword("tcp")):
        entry = lookup_protocol(protocol)
        assert entry == (6, "tcp", ("TCP",)) and (entry.number, entry.name, entry.aliases) == entry
    with pytest.raises(unknown_protocol):
        lookup_protocol("Tcp")
    with pytest.raises(unknown_protocol):
        lookup_protocol(999)
    for name in ("icmp", "icmpv6", "ip", "ipv6", "raw", "sctp", "tcp", "udp"):
        assert getattr(hy_iolib, f"ipproto_{name}") == getattr(socket, f"IPPROTO_{name.upper()}")


# ---- The files

@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "services"
    monkeypatch.setattr(services, "services", databases.database(str(path), services.COMMON, services.index))
    return path


def test_a_changed_file_is_read_again(file):
    file.write_text("mine 4711/tcp  also-mine # a comment\n")
    assert lookup_service("mine") == lookup_service("also-mine") == lookup_service(4711) == (4711, "mine", "tcp")
    file.write_text("mine 4712/tcp\n")  # as long as before is what `touch`, less the comment, looks like
    assert lookup_service("mine").port == 4712
    with pytest.raises(unknown_service):
        lookup_service("also-mine")
    another = file.with_name("another")
    another.write_text("mine 4713/tcp\n")
    another.replace(file)
    assert lookup_service("mine").port == 4713
    file.unlink()
    with pytest.raises(unknown_service):
        lookup_service("mine")
    assert lookup_service("http").port == 80  # the common ones
    file.write_text("mine 4714/tcp\n")
    assert lookup_service("mine").port == 4714
    with pytest.raises(unknown_service):
        lookup_service("http")


def test_a_file_is_read_once(file, monkeypatch):
    file.write_text("mine 4711/tcp\n")
    lookup_service("mine")
    read = []
    monkeypatch.setattr(databases, "open", lambda *a, **k: read.append(a) or open(*a, **k), raising=False)
    for _ in range(100):
        lookup_service("mine")
    assert not read
    file.write_text("other 4712/tcp\n")
    lookup_service("other")
    assert len(read) == 1


def test_the_first_entry_that_fits_and_tcp_before_udp(file):
    file.write_text("b 1/udp a\na 2/tcp\na 3/tcp\nc 2/tcp\nd 2/udp\n")
    assert lookup_service("a").port == 2 and lookup_service("a", "udp").port == 1
    assert lookup_service("a", "any") == (2, "a", "tcp") and lookup_service("b", "any").protocol == "udp"
    assert lookup_service(2).name == "a" and lookup_service(2, "udp").name == "d"


def test_lines_that_make_no_sense_are_passed_over(file):
    file.write_bytes(b"\n#\nx\nx 80\nx /tcp\nx 80/\nx y/tcp\nx \xb2/tcp\n\xff 81/tcp \xfe\nok 82/tcp\r\n\tok2\t83/udp\n")
    assert lookup_service("ok").port == 82 and lookup_service("ok2", "udp").port == 83
    assert lookup_service(81).name == "\ufffd"
    for gone in ("x", "80", 80):
        with pytest.raises(unknown_service):
            lookup_service(gone)


def test_absurd_numbers_are_passed_over(file):
    file.write_text(f"x {'9' * 5000}/tcp\ny 99999/tcp\nok 82/tcp\n")
    assert lookup_service("ok").port == 82
    for gone in ("x", "y"):
        with pytest.raises(unknown_service):
            lookup_service(gone)


def test_a_shortage_of_descriptors_passes(file, monkeypatch):
    def none_left(*arguments, **keywords):
        raise OSError(errno.EMFILE, "Too many open files")

    file.write_text("mine 4711/tcp\n")
    monkeypatch.setattr(databases, "open", none_left, raising=False)
    assert lookup_service("http").port == 80  # better than nothing
    monkeypatch.delattr(databases, "open")
    assert lookup_service("mine").port == 4711
    file.write_text("mine 47110/tcp\n")
    monkeypatch.setattr(databases, "open", none_left, raising=False)
    assert lookup_service("mine").port == 4711
    monkeypatch.delattr(databases, "open")
    assert lookup_service("mine").port == 47110


def test_a_file_that_cannot_be_read(file):
    file.mkdir()
    assert lookup_service("http").port == 80


def test_without_a_protocols_file(tmp_path, monkeypatch):
    monkeypatch.setattr(protocols, "protocols",
                        databases.database(str(tmp_path / "none"), protocols.COMMON, protocols.index))
    for name, number in (("ip", 0), ("icmp", 1), ("tcp", 6), ("udp", 17), ("ipv6", 41), ("ipv6-icmp", 58), ("sctp", 132)):
        assert lookup_protocol(name).number == number == lookup_protocol(name.upper() if name == "tcp" else number).number


def test_the_common_ones_are_as_the_system_has_them():
    """Where both know a service it is the same; so that the built-in ones hold no slip."""
    for module, own, kinds in ((services, "services", ("tcp", "udp")),):
        for line in module.COMMON.splitlines():
            for name, port in [line.split()[:2]] if line else []:
                number, _, protocol = port.partition("/")
                assert socket.getservbyname(name, protocol) == int(number)
    for line in protocols.COMMON.splitlines():
        for name, number in [line.split()[:2]] if line else []:
            assert socket.getprotobyname(name) == int(number)


def test_many_threads_at_once(file):
    file.write_text("mine 1000/tcp\n")
    stop, wrong = threading.Event(), []

    def look():
        while not stop.is_set():
            try:
                if not 1000 <= lookup_service("mine").port < 1200:
                    wrong.append("?")
            except Exception as e:
                wrong.append(e)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(200):
        new = file.with_name("new")
        new.write_text(f"mine {1000 + i}/tcp\n")
        new.replace(file)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert not wrong and lookup_service("mine").port == 1199


# ---- Interfaces

def test_interfaces():
    every = list_network_interfaces()
    assert [tuple(i) for i in every] == [(name, index) for index, name in socket.if_nameindex()]
    lo = lookup_interface("lo")
    assert lo in every and lo == ("lo", 1) and (lo.name, lo.index) == ("lo", 1)
    for designator in (1, "1", lo, hy_iolib.keyword("lo"), make_interface("lo", 99)):
        assert lookup_interface(designator) == lo
    assert interface_name(lo) == "lo" and interface_index(lo) == 1


@pytest.mark.parametrize("unknown", [0, -1, 2**31, 2**32 + 1, 2**64, 10**100, "nonesuch", "lo\0", "x" * 16, "lo "])
def test_unknown_interfaces(unknown):
    with pytest.raises(unknown_interface, match="no network interface is called") as e:
        lookup_interface(unknown)
    assert e.value.datum == unknown and isinstance(e.value, (hy_iolib.syscall_error, OSError))
    assert e.value.errno == hy_iolib.enxio.code


def test_interfaces_of_wrong_types():
    for function in (interface_name, interface_index):
        for wrong in (("lo", 1), "lo", 1, None):
            with pytest.raises(type_error, match="interface: .* is not an interface"):
                function(wrong)
    for arguments in ((1, 1), ("lo", "1"), ("lo", -1), (None, 1), ("lo", True)):
        with pytest.raises(type_error):
            make_interface(*arguments)
