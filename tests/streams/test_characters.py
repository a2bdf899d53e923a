"""Characters from a bivalent stream: at every edge of a packet, a buffer and the file."""

import sys

import pytest

from hy_iolib import *  # noqa: F403
from hy_iolib import socket_closed_error

CRLF = ("utf-8", "eol-style", "crlf")
CR = ("utf-8", "eol-style", "cr")


@pytest.fixture
def pair():
    a, b = make_socket_pair()
    with a, b:
        yield a, b


def set_format(stream, value):
    set_external_format_of(stream, value)


def test_octets_and_characters_in_turn(pair):
    a, b = pair
    write_byte(1, a)
    write_char("é", a)
    write_line("línea", a)
    write_byte(255, a)
    write_string("zwölf", a)
    write_sequence([0, "ß", "x", 254], a)
    finish_output(a)
    octets = bytearray(4)
    assert [read_byte(b), read_char(b), read_line(b), read_byte(b)] == [1, "é", "línea", 255]
    assert [read_char(b), read_char(b)] == ["z", "w"]
    assert read_sequence(octets, b) == 4 and octets == "ölf".encode()
    assert [read_byte(b), peek_char(None, b), read_char(b), read_byte(b), read_byte(b)] == [0, "ß", "ß", 120, 254]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_a_character_over_the_end_of_the_buffer(pair_of, size):
    a, b = pair_of(input_buffer_size=size)
    text = "aé你🙂" * 5
    write_line(text, a)
    finish_output(a)
    assert [read_char(b) for _ in text] == list(text)
    assert read_char(b) == "\n" and read_char_no_hang(b) is None


@pytest.mark.parametrize("encoding, text", [("utf-8", "é你🙂"), ("utf-16", "é你🙂"), ("utf-32-be", "你"),
                                            ("shift_jis", "日本x"), ("iso2022_jp", "日本x"), ("gb18030", "你🙂"),
                                            ("utf-7", "é你!")])
def test_a_character_in_several_packets(pair_of, encoding, text):
    a, b = pair_of(external_format=encoding)
    got = []
    for octet in text.encode(encoding):
        send_to(a, bytes([octet]))
        while (character := read_char_no_hang(b, False, "eof")) is not None:
            got.append(character)
    assert "".join(got) == text and not listen(b)


def test_a_time_out_in_the_middle_of_a_character_loses_nothing(pair):
    a, b = pair
    send_to(a, "é🙂".encode()[:4])
    assert read_char(b) == "é"
    for _ in range(2):
        with pytest.raises(poll_timeout):
            read_char(b, timeout=0)
    assert not listen(b) and input_buffer_size(b) == 2
    send_to(a, "🙂".encode()[2:])
    assert listen(b) and read_char(b, timeout=0) == "🙂"


def test_a_time_out_in_the_middle_of_a_line_loses_nothing(pair_of):
    for encoding in ("utf-8", "utf-16", "gbk"):
        a, b = pair_of(external_format=encoding)
        first, rest = "你好".encode(encoding), "吗ab\n".encode(encoding).removeprefix(b"\xff\xfe")
        send_to(a, first + rest[:3])
        for _ in range(2):
            with pytest.raises(poll_timeout):
                read_line(b, timeout=0.01)
        # What has come is there for every operator, in order.
        if encoding == "utf-8":
            assert read_byte(b) == first[0]
            b._position -= 1
        assert read_char(b) == "你"
        with pytest.raises(poll_timeout):
            read_line(b, timeout=0)
        send_to(a, rest[3:])
        assert read_line(b, timeout=0) == "好吗ab"


def test_invalid_octets_are_read_at_once(pair_of):
    a, b = pair_of()
    send_to(a, b"\xffa\xe2\x82b\xc3")
    assert [read_char(b, timeout=0) for _ in range(4)] == ["\ufffd", "a", "\ufffd", "b"]
    # This may be the first half of a character.
    assert not listen(b)
    a.close()
    assert listen(b) and read_char(b) == "\ufffd"
    assert read_char(b, None, "eof") == "eof"


@pytest.mark.parametrize("encoding, octets, text", [
    ("ascii", b"a\xe9b", "a\ufffdb"), ("cp1252", b"\x81x", "\ufffdx"), ("gbk", b"\xff\xffa\n", "\ufffd\ufffda\n"),
    ("shift_jis", b"\xa0\x82\n", "\ufffd\ufffd\n"), ("utf-16-le", b"\x00\xd8a\x00\n\x00", "\ufffda\n"),
    ("utf-32-le", b"\0\0\x11\x01\n\0\0\0", "\ufffd\n"), ("euc_jp", b"\xa4\nb\n", "\ufffd\nb\n")])
def test_invalid_octets_of_other_encodings(pair_of, encoding, octets, text):
    assert octets.decode(encoding, "replace") == text
    a, b = pair_of(external_format=encoding)
    send_to(a, octets)
    a.close()
    assert [read_char(b, timeout=0) for _ in text] == list(text)
    a, b = pair_of(external_format=encoding)
    send_to(a, octets)
    a.close()
    assert list(b) == text.removesuffix("\n").split("\n")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "shift_jis", "utf-16-le"])
def test_invalid_octets_are_signalled_once(pair_of, encoding):
    a, b = pair_of(external_format=(encoding, "errors", "strict"))
    bad = b"\x00\xdc" if encoding == "utf-16-le" else b"\xff"
    send_to(a, "ab".encode(encoding) + bad + "c\nd".encode(encoding) + bad + "e\n".encode(encoding))
    for read in (read_line, read_char):
        if read is read_char:
            assert read(b) == "d"
        with pytest.raises(character_decoding_error) as e:
            read(b, timeout=0)
        assert isinstance(e.value, UnicodeError) and e.value.stream is b
        assert e.value.octets == bad and repr(bad) in str(e.value)
        if read is read_line:
            assert read(b, timeout=0) == "abc"
    assert read_line(b, timeout=0) == "e"


def test_listen_does_not_signal_what_read_char_will(pair_of):
    a, b = pair_of(external_format=("utf-8", "errors", "strict"))
    send_to(a, b"\xff")
    assert listen(b) and listen(b)
    with pytest.raises(character_decoding_error):
        read_char_no_hang(b)
    assert not listen(b)


@pytest.mark.parametrize("errors, text", [("ignore", "ab"), ("backslashreplace", "a\\xff\\xfeb"),
                                          ("surrogateescape", "a\udcff\udcfeb"), ("replace", "a\ufffd\ufffdb")])
def test_error_handlers(pair_of, errors, text):
    a, b = pair_of(external_format=("utf-8", "errors", errors))
    octets = b"a\xff\xfeb\n"
    send_to(a, octets * 3)
    assert [read_char(b) for _ in text] == list(text) and read_char(b) == "\n"
    assert read_line(b) == text
    assert read_char(b) == "a"
    assert read_line(b) == text[1:]


@pytest.mark.parametrize("replacement, text", [("?", "a??b"), ("", "ab"), ("<bad>", "a<bad><bad>b")])
def test_replacement(pair_of, replacement, text):
    a, b = pair_of(external_format=("ascii", "replacement", replacement))
    send_to(a, b"a\xff\xfeb\n" * 2)
    assert [read_char(b) for _ in text] == list(text) and read_char(b) == "\n"
    assert read_line(b) == text
    write_line("naïve ßß", a)
    finish_output(a)
    assert read_line(b) == f"na{replacement}ve {replacement}{replacement}"


# ---- Newlines


def test_cr_at_the_end_of_a_packet(pair_of):
    a, b = pair_of(external_format=CRLF)
    send_to(a, b"x\r")
    assert read_char(b) == "x"
    # Nobody can know yet what it is.
    assert not listen(b) and read_char_no_hang(b) is None
    with pytest.raises(poll_timeout):
        read_char(b, timeout=0)
    send_to(a, b"\n\ry\r")
    assert [read_char(b) for _ in range(3)] == ["\n", "\r", "y"]
    assert not listen(b)
    a.close()
    assert listen(b) and read_char(b) == "\r" and read_char(b, False) is None


def test_cr_of_a_line_at_the_end_of_a_packet(pair_of):
    a, b = pair_of(external_format=CRLF)
    send_to(a, b"line\r")
    with pytest.raises(poll_timeout):
        read_line(b, timeout=0)
    send_to(a, b"\n\r")
    assert read_line(b) == "line"
    a.close()
    assert read_line(b) == "\r"


def test_cr_newlines(pair_of):
    for encoding in ("utf-8", "utf-16-be", "iso2022_jp"):
        a, b = pair_of(external_format=(encoding, "eol-style", "cr"))
        send_to(a, "one\rtwo\nthree\r\n\rx".encode(encoding))
        a.close()
        assert read_char(b) == "o"
        assert list(b) == ["ne", "two", "three", "", "", "x"]
    a, b = pair_of(external_format=CR)
    write_string("a\nb\r\n", a)
    assert sent(a, b) == b"a\rb\r\r"
    send_to(a, b"\r\n")
    assert [read_char(b), read_char(b)] == ["\n", "\n"]


def sent(stream, peer):
    finish_output(stream)
    return receive_from(peer, size=1000).data


# ---- Giving back


@pytest.mark.parametrize("size", [1, 2, 4096])
def test_unread_char_across_a_refill(pair_of, size):
    a, b = pair_of(input_buffer_size=size)
    for character, rest in (("x", "yz"), ("é", "你"), ("🙂", "")):
        send_to(a, (character + rest).encode())
        assert read_char(b) == character
        # This looks for more in the system.
        assert listen(b) is bool(rest)
        unread_char(character, b)
        assert [read_char(b) for _ in character + rest] == list(character + rest)


def test_listen_in_between_keeps_what_can_be_unread(pair_of):
    for size in (1, 4096):
        for text in ("x", "é", "🙂"):
            a, b = pair_of(input_buffer_size=size)
            send_to(a, text.encode())
            assert read_char(b) == text
            assert not listen(b)
            send_to(a, b"rest")
            assert listen(b) and input_buffer_size(b) > 0
            unread_char(text, b)
            assert "".join(read_char(b) for _ in range(5)) == text + "rest"


@pytest.mark.parametrize("encoding, character", [("utf-16", "é"), ("iso2022_jp", "日"), ("gb18030", "🙂")])
def test_listen_in_between_keeps_the_decoder_s_state(pair_of, encoding, character):
    a, b = pair_of(external_format=encoding)
    octets = (character * 3).encode(encoding)
    # The first, and a part of the second.
    first = len(character.encode(encoding).removesuffix(b"\x1b(B"))
    send_to(a, octets[:first + 1])
    assert read_char(b) == character and not listen(b)
    send_to(a, octets[first + 1:])
    assert listen(b)
    unread_char(character, b)
    assert [read_char(b) for _ in range(3)] == [character] * 3


def test_where_a_newline_was_looked_for_is_forgotten_with_the_octets(pair_of):
    a, b = pair_of()
    send_to(a, b"ab")
    with pytest.raises(poll_timeout):
        read_line(b, timeout=0)
    assert read_byte(b) == 97 and read_byte(b) == 98
    send_to(a, b"x\ny")
    assert peek_char(None, b) == "x" and read_line(b, timeout=0) == "x"


@pytest.mark.parametrize("format", ["utf-8", CRLF, CR, "utf-16", ("utf-32-be", "eol-style", "crlf"), "gbk"])
def test_unread_char_of_a_newline(pair_of, format):
    a, b = pair_of(external_format=format)
    write_string("one\ntwo\nthree\nfour\n", a)
    finish_output(a)
    for line in ("one", "two", "three"):
        assert read_line(b) == line
        unread_char("\n", b)
        assert peek_char(None, b) == "\n"
        assert read_char(b) == "\n"
    assert read_line(b) == "four"
    assert not listen(b)
    unread_char("\n", b)
    assert listen(b) and read_line(b) == ""


def test_unread_char_without_a_character_read(pair):
    a, b = pair
    write_string("ab\ncd", a)
    finish_output(a)

    def refused():
        with pytest.raises(no_characters_to_unread) as e:
            unread_char("a", b)
        assert stream_error_stream(e.value) is b

    refused()
    assert peek_char(None, b) == "a"
    refused()
    assert read_char(b) == "a" and peek_char(None, b) == "b"
    refused()
    set_external_format_of(b, "latin-1")
    set_external_format_of(b, "utf-8")
    assert read_char_no_hang(b) == "b"
    unread_char("b", b)
    with pytest.raises(poll_timeout):
        read_sequence(bytearray(1000), b, timeout=0)
    refused()
    clear_input(b)
    send_to(a, b"ab\ncd")
    assert read_char(b) == "a"
    unread_char("a", b)
    refused()
    assert [read_char(b), read_byte(b)] == ["a", 98]
    refused()
    assert read_char(b) == "\n"
    read_sequence(bytearray(1), b)
    refused()
    a.close()
    assert read_line(b) == "d"
    refused()


def test_unread_char_of_another_character(pair):
    a, b = pair
    write_string("é\nx", a)
    finish_output(a)
    read_char(b)
    with pytest.raises(type_error, match="'é', the character that was read last"):
        unread_char("e", b)
    unread_char("é", b)
    assert read_line(b) == "é"
    for wrong in ("", "ab", 5, None, b"x"):
        with pytest.raises(type_error, match="character"):
            unread_char(wrong, b)


def test_peek_char_at_the_end_of_the_file(pair):
    a, b = pair
    write_string(" x ", a)
    a.close()
    assert peek_char(None, b) == " " and peek_char(True, b) == "x" and peek_char("x", b) == "x"
    with pytest.raises(end_of_file):
        peek_char("y", b)
    for peek_type in (None, True, "z"):
        with pytest.raises(end_of_file):
            peek_char(peek_type, b)
        assert peek_char(peek_type, b, None, "eof") == "eof"
    assert read_char(b, None, "eof") == "eof"


def test_peek_char_skips(pair):
    a, b = pair
    write_string(" \t\r\n\f x;;y", a)
    finish_output(a)
    assert peek_char(False, b) == " "
    assert peek_char(True, b) == "x" and read_char(b) == "x"
    assert peek_char("y", b) == "y" and read_char(b) == "y"
    with pytest.raises(poll_timeout):
        peek_char(True, b, timeout=0.01)
    for wrong in ("ab", "", 5):
        with pytest.raises(type_error, match="peek-type"):
            peek_char(wrong, b)


def test_read_char_no_hang(pair):
    a, b = pair
    assert read_char_no_hang(b) is None
    send_to(a, b"x")
    assert read_char_no_hang(b) == "x" and read_char_no_hang(b) is None
    a.close()
    assert read_char_no_hang(b, None, "eof") == "eof"
    with pytest.raises(end_of_file):
        read_char_no_hang(b)


# ---- Changing the format, dropping input, limits


def test_the_format_changes_in_the_middle_of_what_is_buffered(pair):
    a, b = pair
    send_to(a, "é\nx".encode() + "é\r\n".encode("latin-1") + "你\n".encode("utf-16") + "é".encode())
    assert read_line(b) == "é" and read_char(b) == "x"
    set_format(b, ("latin-1", "eol-style", "crlf"))
    with pytest.raises(no_characters_to_unread):
        unread_char("x", b)
    assert read_line(b) == "é"
    set_format(b, "utf-16")
    assert read_line(b) == "你"
    set_format(b, "utf-8")
    assert read_char(b) == "é"
    assert external_format_of(b) == external_format("utf-8")


def test_the_format_changes_while_lines_are_decoded_ahead(pair):
    a, b = pair
    send_to(a, b"1\n2\n3\n" + "é\n".encode("latin-1") * 3)
    assert [read_line(b) for _ in range(3)] == ["1", "2", "3"]
    set_format(b, "latin-1")
    assert [read_line(b), read_char(b)] == ["é", "é"]


def test_the_same_format_again_is_no_change(pair_of):
    a, b = pair_of(external_format="utf-16")
    for text in ("ab", "cd"):
        write_string(text, a)
        set_format(a, "utf-16")
    assert sent(a, b) == "abcd".encode("utf-16")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_marks_of_the_order_of_octets(pair_of, encoding):
    for variant in ("-le", "-be"):
        for mark in ("\ufeff", "" if variant == {"little": "-le", "big": "-be"}[sys.byteorder] else "\ufeff"):
            a, b = pair_of(external_format=encoding)
            send_to(a, (mark + "é\n\ufeffx\n").encode(encoding + variant))
            assert [read_char(b), read_line(b), read_line(b)] == ["é", "", "\ufeffx"]


def test_clear_input(pair):
    a, b = pair
    send_to(a, b"one\ntwo\nthree\n")
    assert [read_line(b), read_line(b)] == ["one", "two"]
    send_to(a, b"more")
    clear_input(b)
    assert input_buffer_size(b) == 0 and not listen(b)
    send_to(a, b"new\n")
    assert read_line(b) == "new"
    a.close()
    clear_input(b)
    assert read_line(b, None) is None


@pytest.mark.parametrize("format, newline", [("utf-8", b"\n"), (CRLF, b"\r\n"), (CR, b"\r"), ("gbk", b"\n"),
                                             (("gbk", "eol-style", "crlf"), b"\r\n")])
def test_lines_that_are_too_long(pair_of, format, newline):
    a, b = pair_of(external_format=format, max_line_length=5)
    assert max_line_length(b) == 5
    send_to(a, b"12345" + newline + b"12345" + newline)
    assert read_line(b, timeout=0) == "12345"
    assert read_line(b, timeout=0) == "12345"
    send_to(a, b"123456" + newline + b"rest" + newline)
    for _ in range(2):
        with pytest.raises(ValueError, match="more than 5 octets") as e:
            read_line(b)
        assert e.value.stream is b and e.value.limit == 5
    set_max_line_length(b, None)
    assert [read_line(b), read_line(b)] == ["123456", "rest"]


def test_a_peer_cannot_fill_the_memory_with_a_line(pair_of, in_thread):
    a, b = pair_of(max_line_length=100_000)

    def flood():
        try:
            while True:
                send_to(a, b"x" * 100_000, timeout=20)
        except OSError:
            pass

    writer = in_thread(flood)
    with pytest.raises(line_too_long):
        read_line(b, timeout=20)
    assert input_buffer_size(b) < 140_000
    b.close()
    writer()


@pytest.mark.parametrize("size", [0, -1, "x", 1.5, True])
def test_what_is_no_size(size):
    for name in ("input_buffer_size", "output_buffer_size", "max_line_length"):
        with pytest.raises(type_error, match=name.replace("_", "-")):
            make_socket_pair(**{name: size})


def test_closed_streams_refuse(pair):
    a, b = pair
    write_string("é", a)
    finish_output(a)
    assert listen(b)
    b.close()
    for operator in (read_char, read_char_no_hang, lambda s: peek_char(None, s), listen, clear_input,
                     lambda s: unread_char("é", s), lambda s: read_sequence(bytearray(1), s),
                     lambda s: drain_input_buffer(s, bytearray(1)), force_output, clear_output,
                     lambda s: write_char("x", s), terpri, fresh_line,
                     lambda s: write_sequence(b"x", s), lambda s: set_format(s, "ascii")):
        with pytest.raises(socket_closed_error):
            operator(b)
    assert not open_stream_p(b) and input_buffer_size(b) == 0 and output_buffer_size(b) == 0
