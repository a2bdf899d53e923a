"""Netmasks and networks, against what `ipaddress` knows of them."""

import copy
import ipaddress
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import hy_iolib
from hy_iolib import (IPV4_LOOPBACK, ensure_address, ensure_netmask, inet_address_host_portion,
                      inet_address_in_network_p, inet_address_network_class, inet_address_network_portion,
                      inet_addresses_in_same_network_p, inet_network, ipv4_network, ipv4_network_eq, ipv6,
                      ipv6_network, ipv6_network_eq, make_netmask, parse_error, type_error, values)

networks = (st.tuples(st.ip_addresses(v=4), st.integers(0, 32)) | st.tuples(st.ip_addresses(v=6), st.integers(0, 128)))


def ours_and_theirs(address, bits):
    make = ipv4_network if address.version == 4 else ipv6_network
    return make(address, bits), ipaddress.ip_network((address, bits), strict=False)


@given(networks, st.integers(0, 2**128))
@example((ipaddress.ip_address("::ffff:0:0"), 96), 0)
def test_networks_are_those_of_ipaddress(network, shift):
    ours, theirs = ours_and_theirs(*network)
    assert ipaddress.ip_network(ours) == theirs
    # Up to 3.12 it prints mapped addresses in groups.
    assert str(ours) == str(theirs) or str(ours).startswith("::ffff:")
    assert str(ours.netmask) == str(theirs.netmask) and ours.cidr == theirs.prefixlen
    assert ours.address.packed == theirs.network_address.packed
    assert type(ours)(str(ours)) == ours == type(ours)(theirs) == type(ours)(f"{network[0]}/{theirs.netmask}")
    # Inside, at both ends, just outside, and anywhere.
    size = theirs.max_prefixlen
    first, last = int(theirs.network_address), int(theirs.broadcast_address)
    for number in (first, last, first - 1, last + 1, first + shift % (last - first + 1), shift % 2**size):
        if 0 <= number < 2**size:
            address = type(network[0])(number)
            expected = address in theirs
            assert inet_address_in_network_p(ensure_address(address), ours) is expected
            assert inet_address_in_network_p(address, theirs) is expected
            assert inet_address_in_network_p(address, network[0], network[1]) is expected
            assert (ensure_address(address) in ours) is expected
            assert inet_addresses_in_same_network_p(address, theirs[0], ours) is expected
            assert inet_addresses_in_same_network_p(theirs[0], address, ours) is expected


@given(networks)
def test_portions(network):
    address, bits = network
    net, host = inet_address_network_portion(address, bits), inet_address_host_portion(address, bits)
    mask = make_netmask(cidr=bits, ipv6=address.version == 6)
    assert inet_address_network_portion(address, mask) == net
    assert inet_address_host_portion(address, mask) == host
    as_integer = [int.from_bytes(part.packed, "big") for part in (net, host)]
    assert as_integer[0] | as_integer[1] == int(address) and as_integer[0] & as_integer[1] == 0
    assert ipaddress.ip_address(net) == ipaddress.ip_network((address, bits), strict=False).network_address


def test_netmasks():
    assert str(make_netmask(cidr=20)) == "255.255.240.0" and str(make_netmask(cidr=0)) == "0.0.0.0"
    assert str(make_netmask(cidr=65, ipv6=True)) == "ffff:ffff:ffff:ffff:8000::"
    for name, text in (("a", "255.0.0.0"), ("b", "255.255.0.0"), ("C", "255.255.255.0")):
        assert str(make_netmask(class_=name)) == str(make_netmask(**{"class": name})) == str(ensure_netmask(name)) == text
    mask = make_netmask(cidr=20)
    assert ensure_netmask(mask) is mask and ensure_netmask(20) == mask == ensure_netmask(ipaddress.ip_address(str(mask)))
    assert ensure_netmask(values(mask, 1)) is mask
    # Any mask will do for the portions.
    assert str(inet_address_network_portion(ensure_address("10.20.30.40"), ensure_address("255.0.255.0"))) == "10.0.30.0"
    assert str(inet_address_network_portion(ensure_address("fe80::1:2%eth0"), 16)) == "fe80::%eth0"


@pytest.mark.parametrize("arguments, message", [
    ({}, "exactly one of :cidr and :class"), ({"cidr": 8, "class_": "a"}, "exactly one of :cidr and :class"),
    ({"cidr": 33}, "cidr: 33 is not an integer from 0 to 32"), ({"cidr": -1}, "cidr: -1"),
    ({"cidr": True}, "cidr: True"), ({"cidr": "8"}, "cidr: '8'"), ({"cidr": 129, "ipv6": True}, "from 0 to 128"),
    ({"class_": "d"}, "class: 'd' is not one of :a, :b, :c"), ({"class_": 5}, "class: 5")])
def test_bad_netmasks(arguments, message):
    with pytest.raises(type_error, match=message):
        make_netmask(**arguments)


@pytest.mark.parametrize("wrong", ["d", "24", 33, -1, None, 8.0, True, (255, 0, 0, 0), "255.0.0.0"])
def test_what_is_no_netmask(wrong):
    with pytest.raises(type_error, match="thing: "):
        ensure_netmask(wrong)
    with pytest.raises(type_error, match="netmask: "):
        ipv4_network(IPV4_LOOPBACK, wrong) if wrong is not None else inet_address_network_portion(IPV4_LOOPBACK, None)


def test_masks_of_the_other_family():
    with pytest.raises(type_error, match="netmask: #/ip/ffff:: is not a netmask for 127.0.0.1"):
        inet_address_network_portion(IPV4_LOOPBACK, ensure_address("ffff::"))
    with pytest.raises(type_error, match="is not a netmask for ::1"):
        inet_address_host_portion(ensure_address("::1"), "a")
    with pytest.raises(type_error, match="ones, then zeros. for 127.0.0.1"):
        ipv4_network(IPV4_LOOPBACK, ensure_address("ffff::"))
    for mask in ("255.0.255.0", "0.0.0.1", "127.0.0.0", "254.255.255.255"):
        with pytest.raises(type_error, match="ones, then zeros"):
            ipv4_network(IPV4_LOOPBACK, ensure_address(mask))


@pytest.mark.parametrize("text, why", [
    ("10.0.0.0", "it has no / with"), ("10.0.0.0/", "'', after the /"), ("10.0.0.0/33", "'33', after the /"),
    ("10.0.0.0/08", "'08'"), ("10.0.0.0/x", "'x'"), ("10.0.0.0/8/8", "'8/8'"), ("10.0.0.0/-1", "'-1'"),
    ("10.0.0.0/" + "9" * 5000, "after the /"), ("10.0.0.0/８", "'８'"),
    # Others read these as 10.0.0.0/8, and inet_aton's way they are another network.
    ("10/8", "its address '10' is not of four parts"), ("192.168/16", "'192.168' is not of four parts"),
    ("10.0.0.0/255", "'255', after the /"), ("10.0.0.0/255.255", "'255.255', after the /"),
    ("10.0.0.0/255.0.255.0", "'255.0.255.0', after the /"), ("10.0.0.0/ffff::", "'ffff::', after the /")])
def test_bad_network_texts(text, why):
    with pytest.raises(parse_error, match=f"is not a network: .*{why}"):
        ipv4_network(text)
    with pytest.raises(parse_error, match=why):
        inet_address_in_network_p(IPV4_LOOPBACK, text)


def test_bad_networks():
    with pytest.raises(parse_error, match="'10.0.x' is not an internet address: its part 'x'"):
        ipv4_network("10.0.x/8")
    for make, wrong in ((ipv4_network, "::/8"), (ipv6_network, "10.0.0.0/8"), (ipv4_network, ipaddress.ip_network("::/8"))):
        with pytest.raises(type_error, match="address: .* is not an ipv[46]-address"):
            make(wrong)
    for wrong in (5, None, IPV4_LOOPBACK, object()):
        with pytest.raises(type_error, match="network: .* is not a network, its text, an address with a netmask"):
            ipv4_network(wrong)
        with pytest.raises(type_error, match="network: "):
            inet_address_in_network_p(IPV4_LOOPBACK, wrong)
    with pytest.raises(type_error, match="ipv4-network or ipv6-network"):
        inet_network("10.0.0.0/8")
    with pytest.raises(type_error, match="address: '10.0.0.1' is not an address"):
        inet_address_in_network_p("10.0.0.1", ipv4_network("10.0.0.0/8"))
    assert ipv4_network("10.0.0.0", 8) == ipv4_network("10.0.0.0/8")


def test_networks_are_values():
    network = ipv4_network("10.20.30.40/8")
    assert repr(network) == "#/net/10.0.0.0/8" and str(network) == "10.0.0.0/8"
    for twin in (copy.copy(network), copy.deepcopy(network), pickle.loads(pickle.dumps(network)),
                 ipv4_network(network), ipv4_network(ensure_address("10.1.2.3"), ensure_netmask("a"))):
        assert twin == network and hash(twin) == hash(network) and type(twin) is ipv4_network
        assert ipv4_network_eq(twin, network) is True
    for other in (ipv4_network("10.0.0.0/9"), ipv4_network("11.0.0.0/8")):
        assert other != network and ipv4_network_eq(other, network) is False and network < other
    assert ipv6_network_eq(ipv6_network("::/0"), ipv6_network("::1/0")) and ipv6_network("::/0") != ipv4_network("0.0.0.0/0")
    for name in ("address", "cidr", "_first", "new"):
        with pytest.raises(AttributeError, match="can't be changed"):
            setattr(network, name, 1)
        with pytest.raises(AttributeError, match="can't be changed"):
            delattr(network, name)
    with pytest.raises(type_error, match="an ipv4-network"):
        ipv4_network_eq(network, ipv6_network("::/0"))
    with pytest.raises(type_error, match="an ipv6-network"):
        ipv6_network_eq(network, network)
    with pytest.raises(TypeError):
        network < "10.0.0.0/8"


def test_membership():
    ten = ipv4_network("10.0.0.0/8")
    assert not inet_address_in_network_p(ensure_address("::ffff:10.0.0.1"), ten)
    assert inet_address_in_network_p(hy_iolib.unmap_address(ensure_address("::ffff:10.0.0.1")), ten)
    # The octets of one family are no number of the other.
    assert not inet_address_in_network_p(ensure_address("a00::"), ten)
    assert not inet_address_in_network_p(ensure_address("10.0.0.1"), ipv6_network("::/0"))
    assert inet_address_in_network_p(ensure_address("fe80::1%eth0"), ipv6_network("fe80::/64"))
    assert inet_address_in_network_p(hy_iolib.LOOPBACK, ipv4_network("127.0.0.0/8"))
    with ipv6.let(True):
        assert inet_address_in_network_p(hy_iolib.LOOPBACK, ipv6_network("::1/128"))
        assert not inet_address_in_network_p(hy_iolib.LOOPBACK, ipv4_network("127.0.0.0/8"))
    assert inet_address_in_network_p(IPV4_LOOPBACK, "127.0.0.0/8")
    with pytest.raises(type_error):
        inet_address_in_network_p(IPV4_LOOPBACK, ten, 8)


def test_network_classes():
    for text, name in (("0.0.0.0", "a"), ("127.255.255.255", "a"), ("128.0.0.0", "b"), ("191.255.255.255", "b"),
                       ("192.0.0.0", "c"), ("223.255.255.255", "c"), ("224.0.0.0", "d"), ("239.255.255.255", "d"),
                       ("240.0.0.0", "e"), ("255.255.255.255", "e")):
        assert inet_address_network_class(ensure_address(text)) == name == inet_address_network_class(ipaddress.ip_address(text))
    for wrong in (ensure_address("::1"), "10.0.0.1", None):
        with pytest.raises(type_error, match="address: "):
            inet_address_network_class(wrong)
