"""Addresses as values: classes, designators, equality, what becomes of zones; and what is asked of them."""

import copy
import inspect
import ipaddress
import pathlib
import pickle
import time

import pytest

import hy_iolib
from hy_iolib import (ANY_HOST, IPV4_LOOPBACK, IPV4_UNSPECIFIED, IPV6_LOOPBACK, LOOPBACK, address,
                      address_equal_p, address_eq, address_name, address_to_string, address_to_vector,
                      address_type, copy_address, ensure_address, inet_address, ipv4_address, ipv6,
                      ipv6_address, local_address, make_address, named_address, netlink_address,
                      parse_error, type_error, unmap_address, values)


@pytest.mark.parametrize("designator, text", [
    ("127.0.0.1", "127.0.0.1"), ((127, 0, 0, 1), "127.0.0.1"), ([10, 0, 0, 1], "10.0.0.1"),
    (b"\x0a\x00\x00\x01", "10.0.0.1"), (bytearray(15) + b"\1", "::1"), (0x7F000001, "127.0.0.1"),
    (ipaddress.ip_address("10.1.2.3"), "10.1.2.3"), ("::1", "::1"), ("127.1", "127.0.0.1"),
    ((0x2001, 0xDB8, 0, 0, 0, 0, 0, 1), "2001:db8::1"), (ipaddress.ip_address("::1"), "::1"),
    (ipaddress.ip_address("fe80::1%lo"), "fe80::1%lo"), ("fe80::1%eth0", "fe80::1%eth0"),
    (values(IPV4_LOOPBACK, 80), "127.0.0.1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::1.2.3.4", "::102:304"), ("::", "::"),
    ("::0.0.255.255", "::ffff"), (":ff::ff:", "0:ff::ff:0"), ("0:0:0:0:0:ffff:0:0", "::ffff:0.0.0.0"),
    ("::ffff:0:1.2.3.4", "::ffff:0:102:304"), (hy_iolib.keyword("127.0.0.1"), "127.0.0.1")])
def test_designators(designator, text):
    a = ensure_address(designator)
    assert str(a) == address_to_string(a) == text
    assert repr(a) == f"#/ip/{text}"
    assert a == ensure_address(text) and hash(a) == hash(ensure_address(text))
    assert ipaddress.ip_address(a) == ipaddress.ip_address(text if text[0] != "#" else a)


WRONG = [(1, 2, 3), (1, 2, 3, 256), (1, 2, 3, -1), (1, 2, 3, "4"), (1, 2, 3, True), -1, 2**32, True, None, 1.5,
         b"abc", (1, 2, 3, 4, 5, 6, 7, 65536), [1] * 16, {}, object(), b"12345678"]


@pytest.mark.parametrize("nonsense", ["localhost", "", "1.2.3.", "01.2.3.4", "::1\0", "\ud800"])
def test_text_that_is_no_address(nonsense):
    with pytest.raises(parse_error, match="internet address") as e:
        ensure_address(nonsense)
    assert not isinstance(e.value, type_error)
    assert ensure_address(nonsense, errorp=False) is None


@pytest.mark.parametrize("nonsense", WRONG)
def test_what_can_be_no_address(nonsense):
    # IOLib's programs handle parse-error, Python's TypeError.
    for kind in (parse_error, type_error, TypeError):
        with pytest.raises(kind, match="address: .* is not an internet address: an address, its text, four"):
            ensure_address(nonsense)
    assert ensure_address(nonsense, errorp=False) is None


def test_address_to_vector():
    assert address_to_vector("10.0.0.1") == ((10, 0, 0, 1), "ipv4")
    vector, kind = address_to_vector(ensure_address("fe80::1%eth0"))
    assert (vector, kind) == ((0xFE80, 0, 0, 0, 0, 0, 0, 1), "ipv6")
    assert address_to_vector(2**32) is None and address_to_vector(None) is None
    assert address_to_vector(()) is None and address_to_vector(b"") is None
    with pytest.raises(type_error):
        address_to_vector((256, 0, 0, 0))


def test_families():
    assert ensure_address("/tmp/x", family="local") == make_address("/tmp/x") == local_address("/tmp/x")
    assert ensure_address("x", family="LOCAL", abstract=True).abstract
    here = local_address("x")
    assert ensure_address(here, family="local") is here
    for one, family in ((here, "internet"), (IPV4_LOOPBACK, "local"), (netlink_address(), "internet"),
                        (netlink_address(), "local")):
        with pytest.raises(type_error, match=f"{family} address") as e:
            ensure_address(one, family=family)
        assert e.value.datum is one
        assert ensure_address(one, family=family, errorp=False) is None
    with pytest.raises(parse_error, match="address: 5 is not a local address"):
        ensure_address(5, family="local")
    assert ensure_address(5, family="local", errorp=False) is None
    with pytest.raises(type_error, match="family: 'ipx' is not one of :internet, :local"):
        ensure_address("127.0.0.1", family="ipx")
    with pytest.raises(type_error, match="family: None"):
        ensure_address("127.0.0.1", family=None)


def test_make_address_is_strict():
    assert type(make_address((1, 2, 3, 4))) is ipv4_address
    assert type(make_address([0] * 8)) is ipv6_address
    assert type(make_address("127.0.0.1")) is local_address
    assert make_address(ipaddress.ip_address("1.2.3.4")) == make_address((1, 2, 3, 4))
    for wrong in WRONG:
        with pytest.raises(type_error, match="name: .* is not four octets, eight 16-bit groups, or a path"):
            make_address(wrong)
    with pytest.raises(type_error, match="it has a NUL"):
        make_address("a\0b")


SAMPLES = [ensure_address("10.0.0.1"), ensure_address("2001:db8::1"), ensure_address("fe80::1%eth0"),
           local_address("/tmp/x"), local_address("x", abstract=True), netlink_address(3)]


@pytest.mark.parametrize("a", SAMPLES, ids=str)
def test_addresses_are_values(a):
    assert ensure_address(a, family="local" if isinstance(a, local_address) else "internet",
                          errorp=False) in (a, None)
    assert copy_address(a) == a and address_eq(copy_address(a), a)
    for twin in (copy.copy(a), copy.deepcopy(a), *(pickle.loads(pickle.dumps(a, protocol))
                                                   for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1))):
        assert twin == a and hash(twin) == hash(a) and type(twin) is type(a) and str(twin) == str(a)
    for name in ("packed", "name", "zone", "abstract", "multicast_groups", "family", "new"):
        with pytest.raises(AttributeError, match="can't be changed"):
            setattr(a, name, b"1234")
        with pytest.raises(AttributeError, match="can't be changed"):
            delattr(a, name)
    assert not hasattr(a, "__dict__") and not hasattr(type(a), "__len__") and not hasattr(type(a), "__bool__")
    assert a != str(a) and a is not None and not a == 5
    assert a in {copy.copy(a)}
    assert all(a != other for other in SAMPLES if other is not a)
    with pytest.raises(TypeError):
        a < str(a)


def test_order_within_a_family():
    texts = ["0.0.0.0", "1.2.3.4", "10.0.0.1", "10.0.0.2", "255.255.255.255"]
    assert [str(a) for a in sorted(map(ensure_address, reversed(texts)))] == texts
    texts = ["::", "::1", "fe80::1", "fe80::1%a", "fe80::1%b", "ff02::1"]
    assert [str(a) for a in sorted(map(ensure_address, reversed(texts)))] == texts
    assert local_address("b") < local_address("a", abstract=True)
    assert netlink_address(1) < netlink_address(2) <= netlink_address(2)
    assert ensure_address("10.0.0.2") >= ensure_address("10.0.0.1")
    with pytest.raises(TypeError):
        IPV4_LOOPBACK < IPV6_LOOPBACK


def test_zones_are_part_of_the_address():
    a, b, none = (ensure_address(f"fe80::1{zone}") for zone in ("%eth0", "%eth1", ""))
    assert (a.zone, b.zone, none.zone) == ("eth0", "eth1", None)
    assert len({a, b, none, ensure_address("FE80:0::1%eth0")}) == 3
    assert str(ensure_address("::1%lo")) == "::1%lo" and str(ensure_address("::ffff:1.2.3.4%x")) == "::ffff:1.2.3.4%x"
    assert a.packed == none.packed and a.name == none.name


def test_constructors_take_designators():
    assert ipv4_address("10.0.0.1") == ensure_address("10.0.0.1") == inet_address(0x0A000001)
    for make, wrong, message in ((ipv4_address, "::1", "an ipv4-address"), (ipv6_address, "1.2.3.4", "an ipv6-address")):
        with pytest.raises(type_error, match=message):
            make(wrong)
    with pytest.raises(parse_error):
        ipv4_address("x")


def test_local_addresses():
    assert str(local_address("/tmp/x")) == "/tmp/x" and repr(local_address("/tmp/x")) == "#/local//tmp/x"
    assert str(local_address("x", abstract=True)) == "@x" and str(local_address("")) == '@""'
    assert local_address(pathlib.Path("/tmp/x")) == local_address(b"/tmp/x") == local_address("/tmp/x")
    assert address_name(local_address(b"/tmp/\xff")) == "/tmp/\udcff"
    assert local_address("a\0b", abstract=True).name == "a\0b"
    assert hy_iolib.abstract_address_p(local_address("x", abstract=1)) is True
    assert hy_iolib.abstract_address_p(local_address("x")) is False is hy_iolib.abstract_address_p("x")
    for wrong in (5, None, ["x"]):
        with pytest.raises(type_error, match="name: .* is not a path or an abstract name"):
            local_address(wrong)


def test_netlink_addresses():
    assert hy_iolib.netlink_address_multicast_groups(netlink_address(5)) == 5 == netlink_address(5).multicast_groups
    assert str(netlink_address()) == "0"
    for wrong in (-1, 2**32, "1", True):
        with pytest.raises(type_error, match="multicast-groups"):
            netlink_address(wrong)
    with pytest.raises(type_error, match="others have no name"):
        address_name(netlink_address())
    with pytest.raises(type_error, match="a netlink-address"):
        hy_iolib.netlink_address_multicast_groups(IPV4_LOOPBACK)


def test_the_hierarchy():
    assert issubclass(ipv4_address, inet_address) and issubclass(ipv6_address, inet_address)
    assert issubclass(inet_address, named_address) and issubclass(local_address, named_address)
    assert issubclass(named_address, address) and issubclass(netlink_address, address)
    assert not issubclass(netlink_address, named_address)


def test_any_host_and_loopback_follow_ipv6_when_used():
    assert str(ANY_HOST) == "0.0.0.0" and LOOPBACK == IPV4_LOOPBACK
    assert isinstance(LOOPBACK, ipv4_address)
    with ipv6.let(True):
        assert str(ANY_HOST) == "::" and LOOPBACK == IPV6_LOOPBACK == LOOPBACK
        assert isinstance(LOOPBACK, ipv6_address)
        assert ensure_address(LOOPBACK) is IPV6_LOOPBACK is copy_address(LOOPBACK)
        assert hash(LOOPBACK) == hash(IPV6_LOOPBACK)
        assert pickle.loads(pickle.dumps(LOOPBACK)) is LOOPBACK
        assert LOOPBACK.zone is None and hy_iolib.ipv6_unicast_type(LOOPBACK) is None
        assert hy_iolib.inet_address_loopback_p(LOOPBACK)
    assert address_name(LOOPBACK) == (127, 0, 0, 1) and not hasattr(LOOPBACK, "zone")
    assert hy_iolib.addressp(LOOPBACK) and not hy_iolib.addressp("127.0.0.1")
    assert hy_iolib.inet_address_unspecified_p(ANY_HOST) and address_type(ANY_HOST) == "ipv4"


def test_equality_of_designators():
    assert address_equal_p("127.1", (127, 0, 0, 1)) is True
    assert address_equal_p("127.0.0.1", "::ffff:127.0.0.1") is False
    assert address_equal_p("fe80::1%a", "fe80::1") is False
    assert address_equal_p("/tmp/x", pathlib.Path("/tmp/x"), "local") is True
    assert address_equal_p("/tmp/x", local_address("/tmp/x", abstract=True), "local") is False
    with pytest.raises(parse_error):
        address_equal_p("127.0.0.1", "x")
    assert address_eq(ipaddress.ip_address("127.0.0.1"), IPV4_LOOPBACK) is True
    assert address_eq(IPV4_LOOPBACK, local_address("x")) is False
    for wrong in ("127.0.0.1", None, 5):
        with pytest.raises(type_error, match="address: .* is not an address"):
            address_eq(IPV4_LOOPBACK, wrong)


def test_mapped_addresses():
    mapped = ensure_address("::ffff:10.0.0.1")
    assert unmap_address(mapped) == ensure_address("10.0.0.1") == hy_iolib.map_ipv6_address_to_ipv4(mapped)
    assert hy_iolib.map_ipv4_address_to_ipv6(ensure_address("10.0.0.1")) == mapped
    for a in (IPV4_LOOPBACK, IPV6_LOOPBACK, local_address("x"), ensure_address("::ffff:0:10.0.0.1")):
        assert unmap_address(a) is a
    assert unmap_address(ipaddress.ip_address("::ffff:10.0.0.1")) == ensure_address("10.0.0.1")
    with pytest.raises(type_error, match="#/ip/::1 is not an IPv6 address that is a mapped IPv4 one"):
        hy_iolib.map_ipv6_address_to_ipv4(IPV6_LOOPBACK)
    with pytest.raises(type_error, match="an ipv6-address"):
        hy_iolib.map_ipv6_address_to_ipv4(IPV4_LOOPBACK)
    with pytest.raises(type_error, match="an ipv4-address"):
        hy_iolib.map_ipv4_address_to_ipv6(mapped)
    with pytest.raises(type_error):
        unmap_address("::ffff:10.0.0.1")


# ---- Predicates

# text: (kind, type or scope, private, what else is true of it)
TRUTH = {
    "0.0.0.0": ("unspecified", None),
    "127.0.0.1": ("loopback", None),
    "127.0.0.2": ("unicast", None),
    "8.8.8.8": ("unicast", None),
    "9.255.255.255": ("unicast", None),
    "10.0.0.0": ("unicast", None, "private"),
    "10.255.255.255": ("unicast", None, "private"),
    "11.0.0.0": ("unicast", None),
    "172.15.255.255": ("unicast", None),
    "172.16.0.0": ("unicast", None, "private"),
    "172.31.255.255": ("unicast", None, "private"),
    "172.32.0.0": ("unicast", None),
    "192.167.255.255": ("unicast", None),
    "192.168.0.0": ("unicast", None, "private"),
    "192.168.255.255": ("unicast", None, "private"),
    "192.169.0.0": ("unicast", None),
    "169.254.0.1": ("unicast", None),
    "223.255.255.255": ("unicast", None),
    "224.0.0.0": ("multicast", None),
    "239.255.255.255": ("multicast", None),
    "240.0.0.0": ("multicast", None),
    "255.255.255.255": ("multicast", None),
    "::": ("unspecified", None),
    "::1": ("loopback", None),
    "::2": ("unicast", "global"),
    "::ffff:127.0.0.1": ("unicast", "global", "mapped"),
    "::ffff:10.0.0.1": ("unicast", "global", "mapped"),
    "::ffff:0:10.0.0.1": ("unicast", "global"),
    "2001:db8::1": ("unicast", "global"),
    "fc00::1": ("unicast", "global"),
    "fe80::1": ("unicast", "link-local"),
    "fe80::1%eth0": ("unicast", "link-local"),
    "fec0::1": ("unicast", "site-local"),
    "ff00::1": ("multicast", "reserved"),
    "ff01::1": ("multicast", "interface-local"),
    "ff02::1": ("multicast", "link-local"),
    "ff02::1:ff00:0": ("multicast", "link-local", "solicited-node"),
    "ff02::1:ffff:ffff": ("multicast", "link-local", "solicited-node"),
    "ff02::1:fe00:0": ("multicast", "link-local"),
    "ff12::1:ff00:0": ("multicast", "link-local", "transient"),
    "ff03::1": ("multicast", "reserved"),
    "ff04::1": ("multicast", "admin-local"),
    "ff05::1": ("multicast", "site-local"),
    "ff06::1": ("multicast", "unassigned"),
    "ff07::1": ("multicast", "unassigned"),
    "ff08::1": ("multicast", "organization-local"),
    "ff09::1": ("multicast", "unassigned"),
    "ff0a::1": ("multicast", "unassigned"),
    "ff0b::1": ("multicast", "unassigned"),
    "ff0c::1": ("multicast", "unassigned"),
    "ff0d::1": ("multicast", "unassigned"),
    "ff0e::1": ("multicast", "global"),
    "ff1e::1": ("multicast", "global", "transient"),
    "ff2e::1": ("multicast", "global"),
    "ff0f::1": ("multicast", "reserved"),
}
SCOPES = ["reserved", "interface-local", "link-local", "admin-local", "site-local", "unassigned",
          "organization-local", "global"]
KINDS = ["unspecified", "loopback", "multicast", "unicast"]


def predicate(name):
    return getattr(hy_iolib, name.replace("-", "_"))


@pytest.mark.parametrize("text", TRUTH)
def test_predicates(text):
    kind, scope, *more = TRUTH[text]
    four = ":" not in text
    for a in (ensure_address(text), ipaddress.ip_address(text)):
        got = {name: predicate(f"inet-address-{name}-p")(a) for name in KINDS}
        assert got == {name: name == kind for name in KINDS}
        assert predicate("inet-address-type")(a) == ("ipv4" if four else "ipv6", kind, scope)
        assert predicate("inet-address-private-p")(a) is ("private" in more)
        assert predicate("ipv6-ipv4-mapped-p")(a) is ("mapped" in more)
        assert address_type(a) == ("ipv4" if four else "ipv6")
        if four:
            continue
        assert predicate("ipv6-unicast-type")(a) == (scope if kind == "unicast" else None)
        assert predicate("ipv6-multicast-type")(a) == (scope if kind == "multicast" else None)
        for name in ("link-local", "site-local", "global"):
            assert predicate(f"ipv6-{name}-unicast-p")(a) is (kind == "unicast" and scope == name)
        for name in SCOPES:
            assert predicate(f"ipv6-{name}-multicast-p")(a) is (kind == "multicast" and scope == name)
        for name in ("transient", "solicited-node"):
            assert predicate(f"ipv6-{name}-multicast-p")(a) is (name in more)
    a = ensure_address(text)
    assert address_type(a) == ("ipv4" if four else "ipv6")
    assert hy_iolib.ipv4_address_p(a) is four and hy_iolib.ipv6_address_p(a) is not four
    assert hy_iolib.inet_address_p(a) is True is hy_iolib.addressp(a)
    assert hy_iolib.local_address_p(a) is False


ONLY_IPV6 = [name for name in dir(hy_iolib)
             if name.startswith("ipv6_") and (name.endswith("cast_p") or name.endswith("cast_type"))]
OF_INET = [f"inet_address_{name}_p" for name in (*KINDS, "private")] + ["inet_address_type"]


def test_ipv6_predicates_are_for_ipv6_only():
    assert len(ONLY_IPV6) == 15
    for name in ONLY_IPV6:
        for a in (IPV4_LOOPBACK, ipaddress.ip_address("1.2.3.4"), LOOPBACK):
            with pytest.raises(type_error, match="address: .* is not an ipv6-address"):
                getattr(hy_iolib, name)(a)


@pytest.mark.parametrize("wrong", ["127.0.0.1", "::1", None, 5, (127, 0, 0, 1), object(), local_address("x"),
                                   netlink_address(), b"1234"], ids=repr)
def test_what_is_no_address(wrong):
    for name in ONLY_IPV6 + OF_INET:
        with pytest.raises(type_error, match="address: .* is not an "):
            getattr(hy_iolib, name)(wrong)
    assert hy_iolib.inet_address_p(wrong) is False and hy_iolib.ipv6_ipv4_mapped_p(wrong) is False
    if not isinstance(wrong, address):
        assert hy_iolib.addressp(wrong) is False and address_type(wrong) is None
        with pytest.raises(type_error, match="is not an address"):
            address_to_string(wrong)


def test_types_of_other_addresses():
    assert address_type(local_address("x")) == "local" and address_type(netlink_address()) == "netlink"
    assert hy_iolib.local_address_p(local_address("x")) is True


def test_subclasses_are_asked_as_well():
    class mine(ipv6_address):
        __slots__ = ()
    a = object.__new__(mine)
    ipv6_address.packed.__set__(a, ensure_address("fe80::1").packed)
    ipv6_address.zone.__set__(a, None)
    assert hy_iolib.ipv6_link_local_unicast_p(a) and hy_iolib.ipv6_unicast_type(a) == "link-local"


def test_making_subclasses():
    class mine(ipv4_address):
        __slots__ = ()
    a = mine("10.0.0.1")
    assert type(a) is mine and str(a) == "10.0.0.1" and type(copy.copy(a)) is mine
    for abstract in (address, named_address):
        with pytest.raises(type_error, match="class: "):
            abstract("x")


def test_formatting():
    assert f"{IPV4_LOOPBACK:>12}|{ensure_address('::1'):<5}|{IPV4_LOOPBACK}" == "   127.0.0.1|::1  |127.0.0.1"


def test_long_texts_take_no_long_time():
    for text in ("1:" * 300000 + "1", "::" + "a:" * 300000 + "a", "1." * 300000 + "1", "1:1%" + "x" * 10**6 + "%"):
        start = time.perf_counter()
        with pytest.raises(parse_error):
            ensure_address(text)
        assert time.perf_counter() - start < 1


def test_what_only_looks_like_an_address():
    class duck:
        packed = property(lambda self: 5)
    for wrong in (ipv4_address, duck(), memoryview(b"1234")):
        with pytest.raises(type_error, match="address: "):
            hy_iolib.inet_address_loopback_p(wrong)
    for wrong in (memoryview(b"1234"), memoryview(bytes(4)).cast("B", (2, 2))):
        with pytest.raises(type_error):
            ensure_address(wrong)
        with pytest.raises(type_error):
            hy_iolib.vector_to_dotted(wrong)


def test_several_values_stand_for_their_first():
    several = values(IPV4_LOOPBACK, 80)
    assert hy_iolib.addressp(several) and hy_iolib.ipv4_address_p(several) and address_type(several) == "ipv4"
    assert hy_iolib.ipv6_ipv4_mapped_p(values(ensure_address("::ffff:1.2.3.4"), 1))
    assert hy_iolib.abstract_address_p(values(local_address("x", abstract=True), 1))
    assert hy_iolib.vector_to_dotted(address_to_vector("1.2.3.4")) == "1.2.3.4"
    assert make_address(address_to_vector("1.2.3.4")) == ensure_address("1.2.3.4")
    assert ensure_address(values("/x"), family="local") == local_address("/x")
    assert hy_iolib.inet_address_in_network_p(several, values(hy_iolib.ipv4_network("127.0.0.0/8"), 1))
    with pytest.raises(type_error):
        address_to_vector(values([1, 2, 3, 400], 1))
    assert hy_iolib.inet_address_loopback_p(values(IPV4_LOOPBACK, 80))
    assert address_to_string(values(IPV4_LOOPBACK, 80)) == "127.0.0.1"


def test_the_constants():
    for name, text in {
            "IPV4_LOOPBACK": "127.0.0.1", "IPV4_UNSPECIFIED": "0.0.0.0", "IPV6_LOOPBACK": "::1",
            "IPV6_UNSPECIFIED": "::", "IPV6_INTERFACE_LOCAL_ALL_NODES": "ff01::1",
            "IPV6_INTERFACE_LOCAL_ALL_ROUTERS": "ff01::2", "IPV6_LINK_LOCAL_ALL_NODES": "ff02::1",
            "IPV6_LINK_LOCAL_ALL_ROUTERS": "ff02::2", "IPV6_SITE_LOCAL_ALL_ROUTERS": "ff05::2"}.items():
        assert str(getattr(hy_iolib, name)) == text
    assert IPV4_UNSPECIFIED is hy_iolib.IPV4_UNSPECIFIED
    assert "zone" in inspect.getdoc(ipv6_address)
