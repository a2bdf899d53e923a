"""Calls recorded from IOLib 0.8.4, our differences on purpose worked in: tests/data/vectors.jsonl."""

import collections
import json
import pathlib

import pytest

import hy_iolib
from hy_iolib import inet_address, ipv4_network, make_address, ensure_address, multiple_value_list
from hy_iolib.sockets import interfaces, protocols, services
from hy_iolib.sockets.databases import database

DATA = pathlib.Path(__file__).parents[1] / "data"

CALLS = collections.defaultdict(list)
for line in (DATA / "vectors.jsonl").read_text(encoding="utf-8").splitlines():
    vector = json.loads(line)
    CALLS[vector["call"]].append(vector)

# What is no function of that name, or takes a network where the record has its two parts.
SPECIAL = {
    "make-netmask-cidr": lambda cidr: hy_iolib.make_netmask(cidr=cidr),
    "make-netmask-class": lambda name: hy_iolib.make_netmask(class_=name),
    "ipv4-network-string": lambda address, mask: str(ipv4_network(address, mask)),
    "inet-address-in-network-p": lambda address, network, mask: hy_iolib.inet_address_in_network_p(
        address, ipv4_network(network, mask)),
    "inet-addresses-in-same-network-p": lambda one, other, network, mask:
        hy_iolib.inet_addresses_in_same_network_p(one, other, ipv4_network(network, mask)),
}

# IOLib 0.8.4 counts 33 bits in a mask without any: a network's text that nobody, itself included, reads.
MISTAKES = {"0.0.0.0/33": "0.0.0.0/0"}

READERS = {
    "address": lambda x: ensure_address(x) if isinstance(x, str) else make_address(x),
    "keyword": hy_iolib.keyword,
    "list": lambda x: tuple(map(read, x)),
    "cons": tuple,
}


def read(x):
    """An argument or a value of the record."""
    if isinstance(x, dict):
        (kind, content), = x.items()
        return READERS[kind](content)
    return tuple(map(read, x)) if isinstance(x, list) else x


@pytest.fixture(autouse=True)
def netbase(monkeypatch):
    """The lines of Debian's netbase that the recorded lookups are about."""
    for module, name in ((services, "services"), (protocols, "protocols")):
        monkeypatch.setattr(module, name, database(str(DATA / name), "", module.index))


@pytest.mark.parametrize("call", CALLS)
def test_vectors(call):
    function = SPECIAL.get(call) or getattr(
        hy_iolib, "address_eq" if call == "address=" else call.replace("-", "_"))
    for vector in CALLS[call]:
        arguments = [read(x) for x in vector["args"]]
        if "condition" in vector:
            with pytest.raises(getattr(hy_iolib, vector["condition"].replace("-", "_"))):
                pytest.fail(f"{call} {arguments}: {function(*arguments)!r}")
            continue
        expected = [MISTAKES.get(x, x) if isinstance(x, str) else read(x) for x in vector["values"]]
        got = multiple_value_list(function(*arguments))
        # Values that IOLib does not return are None here.
        got, more = got[:len(expected)], got[len(expected):]
        assert (got, more) == (expected, [None] * len(more)), (call, arguments)
        for value, wanted in zip(got, expected):
            assert isinstance(value, bool) == isinstance(wanted, bool), (call, arguments)
            assert isinstance(value, inet_address) == isinstance(wanted, inet_address)


def test_all_of_them():
    assert sum(map(len, CALLS.values())) == 4765
    assert interfaces.lookup_interface("lo").index == 1
