"""Addresses, as far as sockets need them."""

import copy
import ipaddress
import pickle

import pytest

import hy_iolib
from hy_iolib import (ANY_HOST, IPV4_LOOPBACK, IPV6_LOOPBACK, LOOPBACK, address_eq, address_name,
                      address_to_string, ensure_address, ipv4_address, ipv6, ipv6_address,
                      parse_error, type_error, values)


@pytest.mark.parametrize("designator, text", [
    ("127.0.0.1", "127.0.0.1"), ((127, 0, 0, 1), "127.0.0.1"), ([10, 0, 0, 1], "10.0.0.1"),
    (b"\x0a\x00\x00\x01", "10.0.0.1"), (0x7F000001, "127.0.0.1"),
    (ipaddress.ip_address("10.1.2.3"), "10.1.2.3"), ("::1", "::1"),
    ((0x2001, 0xDB8, 0, 0, 0, 0, 0, 1), "2001:db8::1"), (ipaddress.ip_address("::1"), "::1"),
    (values(IPV4_LOOPBACK, 80), "127.0.0.1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::1.2.3.4", "::102:304"), ("::", "::")])
def test_designators(designator, text):
    address = ensure_address(designator)
    assert str(address) == address_to_string(address) == text
    assert repr(address) == f"#/ip/{text}"
    assert address == ensure_address(text) and hash(address) == hash(ensure_address(text))
    assert str(ipaddress.ip_address(text)) in (text, str(ipaddress.ip_address(str(address))))


@pytest.mark.parametrize("nonsense", [
    "localhost", "", "1.2.3.", "1.2.3.256", "1.2.3.4 ", "01.2.3.4", "::g", "1::2::3", "::1\0", "\ud800",
    (1, 2, 3), (1, 2, 3, 256), (1, 2, 3, -1), (1, 2, 3, "4"), -1, 2**32, True, None, 1.5, b"abc",
    (1, 2, 3, 4, 5, 6, 7, 65536)])
def test_nonsense(nonsense):
    with pytest.raises(parse_error, match="internet address"):
        ensure_address(nonsense)
    assert ensure_address(nonsense, errorp=False) is None


def test_addresses_are_values():
    address = ensure_address("10.0.0.1")
    assert ensure_address(address) is address
    assert address_name(address) == (10, 0, 0, 1)
    assert address_name(IPV6_LOOPBACK) == (0, 0, 0, 0, 0, 0, 0, 1)
    assert isinstance(address, ipv4_address) and not isinstance(address, ipv6_address)
    with pytest.raises(AttributeError, match="can't be changed"):
        address.packed = b"1234"
    for twin in (copy.copy(address), copy.deepcopy(address), pickle.loads(pickle.dumps(address))):
        assert twin == address and type(twin) is ipv4_address
    assert sorted([ensure_address("10.0.0.2"), address]) == [address, ensure_address("10.0.0.2")]
    assert address != ensure_address("::a00:1")
    with pytest.raises(TypeError):
        address < IPV6_LOOPBACK
    assert ipv4_address("10.0.0.1") == address
    with pytest.raises(type_error, match="ipv4-address"):
        ipv4_address("::1")
    assert address_eq(address, ensure_address("10.0.0.1"))
    with pytest.raises(type_error, match="address: 'x' is not an address"):
        address_to_string("x")


def test_any_host_and_loopback_follow_ipv6_when_used():
    assert str(ANY_HOST) == "0.0.0.0" and LOOPBACK == IPV4_LOOPBACK
    assert isinstance(LOOPBACK, ipv4_address)
    with ipv6.let(True):
        assert str(ANY_HOST) == "::" and LOOPBACK == IPV6_LOOPBACK == LOOPBACK
        assert isinstance(LOOPBACK, ipv6_address)
        assert ensure_address(LOOPBACK) is IPV6_LOOPBACK
        assert hash(LOOPBACK) == hash(IPV6_LOOPBACK)
        assert pickle.loads(pickle.dumps(LOOPBACK)) is LOOPBACK
    assert address_name(LOOPBACK) == (127, 0, 0, 1)
    assert hy_iolib.addressp(LOOPBACK) and not hy_iolib.addressp("127.0.0.1")
