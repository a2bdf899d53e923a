"""Sequences of octets and of characters, to and from bivalent streams."""

import array

import pytest

from hy_iolib import *  # noqa: F403
from hy_iolib import socket_closed_error


@pytest.fixture
def pair():
    a, b = make_socket_pair()
    with a, b:
        yield a, b


def sent(stream, peer):
    finish_output(stream)
    return receive_from(peer, size=1000).data


@pytest.mark.parametrize("made", [lambda: bytearray(6), lambda: memoryview(bytearray(6)), lambda: [0] * 6,
                                  lambda: array.array("B", bytes(6)), lambda: [None] * 6])
def test_octets_into_every_kind_of_sequence(pair, made):
    a, b = pair
    write_line("é12345", a)
    finish_output(a)
    buffer = made()
    before = list(buffer)
    assert read_sequence(buffer, b, start=1, end=4) == 4
    assert list(buffer) == [before[0], 0xC3, 0xA9, ord("1"), *before[4:]]
    assert read_sequence_star(b, buffer, start=4) == 6
    assert list(buffer)[4:] == [ord("2"), ord("3")]
    assert read_sequence(buffer, b, start=6) == 6 and read_sequence(buffer, b, end=0) == 0
    assert read_line(b) == "45"


def test_characters_into_a_list_of_strings(pair):
    a, b = pair
    write_string("é你x\nrest", a)
    finish_output(a)
    characters = [""] * 6
    assert read_sequence(characters, b, start=1, end=5) == 5
    assert characters == ["", "é", "你", "x", "\n", ""]
    a.close()
    assert read_sequence(characters, b) == 4 and characters == ["r", "e", "s", "t", "\n", ""]
    assert read_sequence(characters, b) == 0


def test_the_end_of_the_file(pair):
    a, b = pair
    write_string("abc", a)
    a.close()
    buffer = bytearray(b"-----")
    assert read_sequence(buffer, b) == 3 and buffer == b"abc--"
    assert read_sequence(buffer, b, start=2) == 2


@pytest.mark.parametrize("size", [4, 100_000])
def test_a_time_out_gives_back_what_came(pair, size):
    a, b = pair
    send_to(a, b"xy\n")
    buffer = bytearray(size)
    for _ in range(2):
        with pytest.raises(poll_timeout):
            read_sequence(buffer, b, timeout=0.01)
    assert input_buffer_size(b) == 3
    with pytest.raises(poll_timeout):
        read_sequence([""] * 4, b, timeout=0)
    assert read_char(b) == "x" and read_line(b) == "y"


def test_characters_before_invalid_octets_are_not_lost():
    a, b = make_socket_pair(external_format=("utf-8", "errors", "strict"))
    with a, b:
        send_to(a, b"a\xffb")
        with pytest.raises(character_decoding_error):
            read_sequence([""] * 2, b)
        characters = [""] * 2
        assert read_sequence(characters, b) == 2 and characters == ["a", "b"]


@pytest.mark.parametrize("size", [1, 3, 4096, 16384, 16385, 1_000_000])
def test_large_ones_arrive_whole(pair, in_thread, size):
    a, b = pair
    octets = bytes(i * 7 % 251 for i in range(size))

    def write():
        write_string("é", a)
        for sequence in (octets, bytearray(octets), memoryview(octets)):
            write_sequence(sequence, a, timeout=20)
        finish_output(a)

    writer = in_thread(write)
    assert read_char(b) == "é"
    for _ in range(3):
        buffer = bytearray(size)
        assert read_sequence(buffer, b, timeout=20) == size
        assert buffer == octets
    writer()
    assert input_buffer_empty_p(b)


def test_large_output_is_not_lost_in_a_time_out(pair, in_thread):
    a, b = pair
    octets = bytearray(i * 7 % 251 for i in range(3_000_000))
    expected = bytes(octets)
    write_string("first", a)
    with pytest.raises(poll_timeout):
        write_sequence(octets, a, timeout=0)
    # It is the stream's by now, and the buffer the caller's again.
    octets[:] = bytes(10)
    del octets[5:]
    assert 0 < output_buffer_size(a) < 3_000_005
    reader = in_thread(lambda: (bytearray(3_000_009), read_sequence))
    buffer = bytearray(3_000_009)
    reader = in_thread(lambda: read_sequence(buffer, b, timeout=20))
    write_string("last", a)
    finish_output(a, timeout=20)
    assert reader() == len(buffer) and buffer == b"first" + expected + b"last"


def test_what_is_written(pair):
    a, b = pair
    for sequence, octets in [(b"abc", b"abc"), ([1, 2, 255], b"\1\2\377"), ("aé", "aé".encode()), ((), b""),
                             (["a", "é", "\n"], "aé\n".encode()), ([1, "é", "x", 2], b"\1" + "éx".encode() + b"\2"),
                             ((104, "i"), b"hi"), (array.array("B", [7, 8]), b"\7\x08"), (range(0), None)]:
        if octets is None:
            with pytest.raises(type_error, match="sequence"):
                write_sequence(sequence, a)
            continue
        assert write_sequence(sequence, a) is sequence
        assert write_sequence_star(a, sequence) is sequence
        write_byte(33, a)
        assert sent(a, b) == octets * 2 + b"!"
    write_sequence(b"abcdef", a, start=2, end=4)
    write_sequence("uvwxyz", a, start=4)
    write_sequence(["a", 1, "b"], a, end=2)
    assert sent(a, b) == b"cdyza\1"


@pytest.mark.parametrize("sequence", [[256], [-1], ["ab"], [1, "x", None], [1, "xy"], ["a", 1.5], 5, None, {1}, ["a", 256]])
def test_nothing_of_a_wrong_sequence_is_written(pair, sequence):
    a, b = pair
    with pytest.raises(type_error, match="sequence"):
        write_sequence(sequence, a)
    assert output_buffer_size(a) == 0


@pytest.mark.parametrize("encoding", ["ascii", "iso2022_jp", "shift_jis"])
def test_nothing_of_a_sequence_with_an_unknown_character_is_written(encoding):
    a, b = make_socket_pair(external_format=encoding)
    with a, b:
        for sequence in (["a", 1, "🙂", 2], "a🙂", ["🙂"]):
            with pytest.raises(character_encoding_error) as e:
                write_sequence(sequence, a)
            assert e.value.character == "🙂" and e.value.stream is a
        assert output_buffer_size(a) == 0


@pytest.mark.parametrize("bounds", [{"start": 4}, {"end": 4}, {"start": 2, "end": 1}, {"start": -1}, {"end": "x"}])
def test_bounds(pair, bounds):
    a, b = pair
    send_to(a, b"xyz")
    for sequence in (bytearray(3), [0, 0, 0], ["", "", ""]):
        for operator in (read_sequence, write_sequence):
            with pytest.raises(type_error, match="start|end"):
                operator(sequence, b, **bounds)
    with pytest.raises(type_error, match="start|end"):
        drain_input_buffer(b, bytearray(3), **bounds)
    assert read_char(b) == "x"


@pytest.mark.parametrize("sequence", [b"abc", "abc", (1, 2), 5, None, memoryview(b"abc"), array.array("i", [1]).tolist])
def test_what_cannot_be_filled(pair, sequence):
    for operator in (lambda: read_sequence(sequence, pair[1]), lambda: drain_input_buffer(pair[1], sequence)):
        with pytest.raises(type_error, match="sequence: .* is not a contiguous mutable sequence of octets"):
            operator()


def test_draining_the_input_buffer(pair):
    a, b = pair
    buffer = bytearray(b"------")
    assert drain_input_buffer(b, buffer) == 0 and drain_input_buffer(b, buffer, start=2) == 2
    write_string("a\nbé\n", a)
    finish_output(a)
    # Nothing is asked of the system.
    assert drain_input_buffer(b, buffer) == 0
    assert read_line(b) == "a"
    assert drain_input_buffer(b, buffer, start=1, end=3) == 3 and buffer == b"-b\xc3---"
    elements = [0] * 6
    assert drain_input_buffer(b, elements, start=2) == 4 and elements == [0, 0, 0xA9, 10, 0, 0]
    assert input_buffer_empty_p(b)


def test_a_buffer_that_is_closed_under_the_reader(pair, in_thread):
    a, b = pair
    send_to(a, b"abc")
    import time
    reader = in_thread(lambda: read_sequence(bytearray(100_000), b))
    while not b._waiters:
        time.sleep(0.001)
    b.close()
    with pytest.raises(socket_closed_error):
        reader()
    assert input_buffer_size(b) == 0
