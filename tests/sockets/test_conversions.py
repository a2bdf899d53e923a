"""What addresses are written as: reading, printing, and what is wrong with what can't be read."""

import ipaddress
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hy_iolib
from hy_iolib import (address_to_vector, colon_separated_to_vector, dotted_to_integer, dotted_to_vector,
                      ensure_address, integer_to_dotted, integer_to_vector, parse_error,
                      string_address_to_vector, type_error, vector_to_colon_separated, vector_to_dotted,
                      vector_to_integer)


@pytest.mark.parametrize("text, why", [
    ("", "its part '' is empty"),
    ("localhost", "its part 'localhost' is not a decimal number"),
    ("1..2.3", "its part '' is empty"),
    ("1.2.3.4.5", "more than four parts"),
    ("1.2.3.256", "its part '256' is over 255"),
    ("1.2.3." + "9" * 5000, "its part '999.*….* is over 255"),
    ("256", "its part '256' is over 255"),
    ("1.2.3.04", "its part '04' has a leading zero"),
    ("0x7f.0.0.1", "its part '0x7f' is not a decimal number"),
    ("1.2.3.-4", "its part '-4' is not a decimal number"),
    (" 1.2.3.4", "its part ' 1' is not"),
    ("1.2.3.4\n", r"its part '4\\n' is not"),
    ("1.2.3.²", "its part '²' is not a decimal number"),
    ("١.٢.٣.٤", "its part '١' is not a decimal number"),
    ("1.2.3.4%eth0", "an IPv4 address has no zone"),
    ("1.2.3.4\0", r"its part '4\\x00' is not"),
    ("\ud800", r"its part '\\ud800' is not"),
    (":", "it has 2 groups, not eight, and no ::"),
    (":::", "three colons in a row"),
    ("1::2::3", "more than one ::"),
    ("1:2:3:4:5:6:7", "it has 7 groups, not eight, and no ::"),
    ("1:2:3:4:5:6:7:8:9", "more than eight groups"),
    ("1:2:3:4:5:6:7:8::", "its :: stands for no group"),
    ("g::1", "its part 'g' is not a group of one to four hexadecimal digits"),
    ("12345::", "its part '12345' is not a group"),
    ("-1::", "its part '-1' is not a group"),
    ("::１", "its part '１' is not a group"),
    ("::1 ", "its part '1 ' is not a group"),
    ("::1/64", "its part '1/64' is not a group"),
    ("1.2.3.4::", r"its part '1.2.3.4' is not a group"),
    ("1.2.3.4:1:2:3:4:5:6", "its part '1.2.3.4' is not a group"),
    ("::1.2.3", "its IPv4 part '1.2.3': not of four parts"),
    ("::1.2.3.256", "its IPv4 part '1.2.3.256': its part '256' is over 255"),
    ("fe80::1%", "its zone, after the %, is empty"),
    ("fe80::1%a%b", "its zone 'a%b' has a % or a /"),
    ("fe80::1%a/64", "its zone 'a/64' has a % or a /"),
    ("[::1]", r"its part '\[' is not a group"),
])
def test_parse_errors_name_text_part_and_reason(text, why):
    with pytest.raises(parse_error, match=f"is not an internet address: .*{why}") as e:
        ensure_address(text)
    assert isinstance(e.value, ValueError) and not isinstance(e.value, TypeError)
    assert repr(text)[1:20].rstrip("'") in str(e.value)
    assert len(str(e.value)) < 700
    assert ensure_address(text, errorp=False) is None
    assert string_address_to_vector(text) is None
    assert address_to_vector(text) is None


def test_parse_errors_of_the_low_level():
    with pytest.raises(parse_error, match="'1.2.x' is not a dotted IPv4 address: its part 'x'"):
        dotted_to_vector("1.2.x")
    with pytest.raises(parse_error, match="'::1' is not a dotted IPv4 address: its part '::1'"):
        dotted_to_integer("::1")
    with pytest.raises(parse_error, match="'1.2.3.4' is not a colon-separated IPv6 address: it has no colon"):
        colon_separated_to_vector("1.2.3.4")
    with pytest.raises(parse_error, match="':' is not a colon-separated IPv6 address: it has 2 groups"):
        colon_separated_to_vector(":")


@pytest.mark.parametrize("function, argument, message", [
    (dotted_to_vector, 5, "address: 5 is not a string"),
    (dotted_to_integer, None, "address: None is not a string"),
    (colon_separated_to_vector, b"::1", "string: b'::1' is not a string"),
    (string_address_to_vector, 5, "address: 5 is not a string"),
    (integer_to_dotted, 2**32, "integer: 4294967296 is not an integer from 0 to 4294967295"),
    (integer_to_vector, -1, "ipaddr: -1"),
    (integer_to_vector, True, "ipaddr: True"),
    (integer_to_dotted, 1.0, "integer: 1.0"),
    (vector_to_dotted, (1, 2, 3), "vector: .1, 2, 3. is not a vector of 4 integers from 0 to 255"),
    (vector_to_dotted, "1234", "vector: '1234'"),
    (vector_to_integer, (1, 2, 3, 256), "vector: "),
    (vector_to_integer, (1, 2, 3, True), "vector: "),
    (vector_to_integer, {1, 2, 3, 4}, "vector: "),
    (vector_to_integer, None, "vector: None"),
    (vector_to_colon_separated, (1, 2, 3, 4), "a vector of 8 integers from 0 to 65535"),
    (vector_to_colon_separated, (0, 0, 0, 0, 0, 0, 0, "1"), "vector: "),
])
def test_wrong_types_name_what_was_expected(function, argument, message):
    with pytest.raises(type_error, match=message) as e:
        function(argument)
    assert isinstance(e.value, TypeError)


def test_cases():
    vector = (0x2001, 0xDB8, 0, 0, 0, 0, 0, 0xA)
    assert vector_to_colon_separated(vector, "upcase") == "2001:DB8::A"
    assert vector_to_colon_separated(vector, hy_iolib.keyword("DOWNCASE")) == "2001:db8::a"
    with pytest.raises(type_error, match="case: 'title' is not one of :downcase, :upcase"):
        vector_to_colon_separated(vector, "title")
    assert colon_separated_to_vector("2001:DB8::A") == vector
    assert vector_to_dotted(bytearray((1, 2, 3, 4))) == vector_to_dotted([1, 2, 3, 4]) == "1.2.3.4"
    assert hy_iolib.MAX_IPV4_VALUE == 2**32 - 1


# ---- Properties

octets4 = st.binary(min_size=4, max_size=4)
# Zeros in rows are what IPv6 texts are about.
octets16 = st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xFF, 0xFE80]) | st.integers(0, 0xFFFF),
                    min_size=8, max_size=8).map(lambda groups: b"".join(g.to_bytes(2, "big") for g in groups))


@given(octets4 | octets16)
def test_what_we_print_is_what_ipaddress_prints(packed):
    theirs = ipaddress.ip_address(packed)
    ours = ensure_address(theirs)
    assert ours.packed == packed
    assert ipaddress.ip_address(str(ours)) == theirs == ipaddress.ip_address(ours)
    # Up to 3.12 it prints mapped addresses in groups.
    if getattr(theirs, "ipv4_mapped", None) is None:
        assert str(ours) == str(theirs)
    else:
        assert str(ours) == f"::ffff:{theirs.ipv4_mapped}"


@given(octets4 | octets16)
def test_text_to_vector_to_text_is_stable(packed):
    text = str(ensure_address(ipaddress.ip_address(packed)))
    vector = string_address_to_vector(text)
    back = vector_to_dotted(vector) if len(vector) == 4 else vector_to_colon_separated(vector)
    assert back == text
    assert address_to_vector(text)[0] == vector == address_to_vector(vector)[0]
    assert vector == (dotted_to_vector(text) if len(vector) == 4 else colon_separated_to_vector(text))


TEXTS = (st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True)
         | st.from_regex(r"[0-9a-fA-F:]{2,40}", fullmatch=True)
         | st.from_regex(r"([0-9a-fA-F]{0,4}:){1,7}([0-9a-fA-F]{0,4}|[0-9]{1,3}(\.[0-9]{1,3}){3})(%[^%]*)?",
                         fullmatch=True)
         | st.ip_addresses().map(str) | st.ip_addresses(v=6).map(lambda a: a.exploded.upper())
         | st.text(max_size=20))


@pytest.mark.slow
@settings(max_examples=2000)
@given(TEXTS)
@example("fe80::1%eth0")
@example("::1%a b\n\0")
@example("::%1")
@example("1:2:3:4:5:6:7::")
@example("::2:3:4:5:6:7:8")
@example("::ffff:1.2.3.4")
@example("1:2:3:4:5:6:1.2.3.4")
def test_what_ipaddress_accepts_we_accept(text):
    try:
        theirs = ipaddress.ip_address(text)
    except ValueError:
        return
    ours = ensure_address(text)
    assert ours.packed == theirs.packed
    assert getattr(ours, "zone", None) == getattr(theirs, "scope_id", None)


def test_what_the_system_reads_fast_we_read_the_same_slowly():
    """inet_pton reads what is common, and we the rest: where both can, they agree."""
    from hy_iolib.sockets.conversions import read_address, read_colons, read_dotted
    generator = random.Random(1)
    for _ in range(20000):
        packed = bytes(generator.choice((0, 0, 0, 255, generator.randrange(256))) for _ in range(16))
        for text in (str(ipaddress.IPv6Address(packed)), ipaddress.IPv6Address(packed).exploded):
            assert read_colons(text) == packed == read_address(text)[0]
        assert read_dotted(str(ipaddress.IPv4Address(packed[:4]))) == packed[:4]


# ---- Hostile texts

SEEDS = ["127.0.0.1", "1.2.3", "255.255.255.255", "::", "::1", "fe80::1%eth0", "2001:db8:85a3::8a2e:370:7334",
         "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", ":ff::ff:", "1:2:3:4:5:6:7:", "ff02::1:ff00:1%2"]
ALPHABET = "0123456789abcdefABCDEFgx.:%/ -+_\0\n²１\ud800"


def mutated(generator):
    text = list(generator.choice(SEEDS))
    for _ in range(generator.randrange(1, 4)):
        at = generator.randrange(len(text) + 1)
        how = generator.randrange(4)
        if how == 0:
            text.insert(at, generator.choice(ALPHABET))
        elif how == 1:
            del text[at:at + 1]
        elif how == 2:
            text[at:at + 1] = generator.choice(ALPHABET)
        else:
            text[at:at] = generator.choice(SEEDS)[:generator.randrange(8)]
    return "".join(text)


def drawn(generator):
    return "".join(generator.choices(ALPHABET, k=generator.randrange(24)))


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_million_texts_give_a_value_or_a_parse_error():
    generator = random.Random(20261123)
    values = errors = 0
    for i in range(1_000_000):
        text = (mutated if i % 2 else drawn)(generator)
        try:
            address = ensure_address(text)
        except parse_error:
            errors += 1
            continue
        values += 1
        if i % 16 == 1:
            # What was read prints as what reads as the same.
            assert ensure_address(str(address)) == address
            ipaddress.ip_address(str(address))
    assert values > 50_000 and errors > 500_000, (values, errors)
