"""The line protocol's stream operators, over socket pairs."""

import socket as python

import pytest

from hy_iolib import *  # noqa: F403
from hy_iolib import character_encoding_error, socket_closed_error

FORMATS = {"lf": "utf-8", "crlf": ("utf-8", "eol-style", "crlf")}


@pytest.fixture
def pair():
    a, b = make_socket_pair()
    with a, b:
        yield a, b


def sent_by(stream, peer, size=1000):
    finish_output(stream)
    return receive_from(peer, size=size).data


@pytest.mark.parametrize("encoding, text, octets", [
    ("utf-8", "¿Qué? 你好 🙂", "¿Qué? 你好 🙂".encode()),
    ("latin-1", "¿Qué?", b"\xbfQu\xe9?"), ("iso-8859-1", "é", b"\xe9"), ("ascii", "plain", b"plain"),
    ("us-ascii", "plain", b"plain"), ("default", "é", b"\xc3\xa9")])
@pytest.mark.parametrize("eol, newline", [("lf", b"\n"), ("crlf", b"\r\n")])
def test_encodings_and_line_ends(encoding, text, octets, eol, newline):
    a, b = make_socket_pair(external_format=(encoding, "eol-style", eol))
    with a, b:
        assert write_line(text, a) == text
        write_string(f"{text}\n{text}", a)
        assert sent_by(a, b) == octets + newline + octets + newline + octets
        write_line(text, a)
        a.close()
        assert read_line(b) == text


def test_crlf_input():
    a, b = make_socket_pair(external_format=FORMATS["crlf"])
    with a, b:
        send_to(a, b"one\r\ntwo\nth\rree\r\n\r\n\n\r\r\nend\r")
        a.close()
        lines = []
        while (line := read_line(b, None)) is not None:
            lines.append(line)
        assert lines == ["one", "two", "th\rree", "", "", "\r", "end\r"]


def test_octets_and_characters_are_the_same_data(pair):
    a, b = pair
    write_byte(1, a)
    write_byte(255, a)
    write_line("línea", a)
    write_byte(2, a)
    finish_output(a)
    assert [read_byte(b), read_byte(b), read_line(b), read_byte(b)] == [1, 255, "línea", 2]


def test_end_of_file(pair):
    a, b = pair
    send_to(a, b"last, without a newline")
    a.close()
    assert read_line(b) == "last, without a newline"
    for read in (read_line, read_byte):
        with pytest.raises(EOFError) as e:
            read(b)
        assert isinstance(e.value, end_of_file) and e.value.stream is b
        assert stream_error_stream(e.value) is b
        assert read(b, False) is None
        assert read(b, None, "eof") == "eof"
        marker = object()
        assert read(b, eof_error_p=False, eof_value=marker) is marker


def test_octets_that_are_no_characters(pair):
    a, b = pair
    send_to(a, b"a\xff\xfeb\xc3\n\xe2\x82\n")
    assert read_line(b) == "a��b�"
    assert read_line(b) == "�"
    external = make_socket_pair(external_format="ascii")
    with external.socket1, external.socket2:
        send_to(external.socket1, b"\xe9t\xe9\n")
        assert read_line(external.socket2) == "�t�"


@pytest.mark.parametrize("encoding, text, character", [("latin-1", "ab€c", "€"), ("ascii", "abéc", "é"),
                                                       ("utf-8", "ab\ud800", "\ud800")])
def test_characters_that_have_no_octets(encoding, text, character):
    a, b = make_socket_pair(external_format=encoding)
    with a, b:
        write_string("before", a)
        for write in (write_string, write_line):
            with pytest.raises(character_encoding_error) as e:
                write("fine\n" + text, a)
            assert isinstance(e.value, ValueError)
            assert e.value.character == character and e.value.position == 7
        # Nothing of that string is buffered.
        assert sent_by(a, b) == b"before"


def test_a_time_out_loses_nothing(pair):
    a, b = pair
    send_to(a, b"first\nhalf of a li")
    assert read_line(b) == "first"
    for _ in range(2):
        with pytest.raises(poll_timeout):
            read_line(b, timeout=0.02)
    send_to(a, b"ne\nrest")
    assert read_line(b) == "half of a line"
    with pytest.raises(poll_timeout):
        read_line(b, timeout=0)
    a.close()
    assert read_line(b) == "rest"
    with pytest.raises(end_of_file):
        read_line(b)


def test_output_that_does_not_fit(pair, in_thread):
    a, b = pair
    a._output_buffer_size = 10**8
    text = "".join(chr(48 + i % 75) for i in range(3_000_000))
    write_string(text, a)
    with pytest.raises(poll_timeout):
        finish_output(a, timeout=0.02)
    write_line("!", a)
    reader = in_thread(lambda: read_line(b, timeout=20))
    finish_output(a, timeout=20)
    assert reader() == text + "!"


def test_a_full_buffer_is_sent(pair):
    a, b = pair
    write_string("x" * (a._output_buffer_size - 1), a)
    with pytest.raises(BlockingIOError):
        receive_from(b, size=1, dont_wait=True)
    write_byte(120, a)
    assert receive_from(b, size=10).data == b"x" * 10


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_tiny_buffers(size):
    a, b = make_socket_pair(input_buffer_size=size, output_buffer_size=size,
                            external_format=FORMATS["crlf"])
    with a, b:
        for line in ["", "ü", "你好, wie geht's?", "x" * 100]:
            write_line(line, a)
            finish_output(a)
            assert read_line(b, timeout=5) == line


def test_one_octet_a_packet(pair, in_thread):
    a, b = pair
    text = "¿Qué tal? 你好 🙂"

    def trickle():
        for octet in (text + "\n").encode() * 3:
            send_to(a, bytes([octet]))

    writer = in_thread(trickle)
    assert [read_line(b, timeout=10) for _ in range(3)] == [text] * 3
    writer()


def test_a_long_line_takes_time_in_proportion(pair, in_thread):
    a, b = pair
    writer = in_thread(lambda: (write_line("x" * 20_000_000, a), finish_output(a)))
    assert len(read_line(b, timeout=30)) == 20_000_000
    writer()


def test_start_and_end(pair):
    a, b = pair
    assert write_string("abcdef", a, start=1, end=3) == "abcdef"
    write_line("abcdef", a, start=4)
    assert sent_by(a, b) == b"bcef\n"
    for bounds in ({"start": 7}, {"end": 7}, {"start": 2, "end": 1}, {"start": -1}, {"start": "x"}):
        with pytest.raises(type_error, match="start|end"):
            write_string("abcdef", a, **bounds)
    finish_output(a)
    with pytest.raises(BlockingIOError):
        receive_from(b, size=1, dont_wait=True)


@pytest.mark.parametrize("octet", [-1, 256, "a", 1.5, None, True])
def test_what_is_no_octet(pair, octet):
    with pytest.raises(type_error, match="octet: .* is not an integer from 0 to 255"):
        write_byte(octet, pair[0])


@pytest.mark.parametrize("string", [b"octets", 5, None, ["a"]])
def test_what_is_no_string(pair, string):
    for write in (write_string, write_line):
        with pytest.raises(type_error, match="string: .* is not a string"):
            write(string, pair[0])


def test_hangup(pair):
    a, b = pair
    b.close()
    write_line("into the void", a)
    with pytest.raises(BrokenPipeError) as e:
        finish_output(a)
    assert isinstance(e.value, hangup) and stream_error_stream(e.value) is a
    # What nobody will take is dropped, so closing goes through.
    finish_output(a)
    assert a.close()


def test_closing_flushes_and_aborting_does_not():
    for abort, expected in [(False, b"pending"), (True, b"")]:
        a, b = make_socket_pair()
        with b:
            write_string("pending", a)
            a.close(abort=abort)
            assert receive_from(b, size=10).data == expected


def test_nothing_is_left_to_read_or_send_after_closing(pair):
    a, b = pair
    send_to(a, b"one\ntwo\n")
    assert read_line(b) == "one"
    b.close()
    for read in (read_line, read_byte):
        with pytest.raises(socket_closed_error):
            read(b)
    write_string("pending", a)
    a.close(abort=True)
    assert a.close() is False


def test_with_flushes_only_after_a_normal_end():
    a, b = make_socket_pair()
    with b:
        with pytest.raises(KeyError), a:
            write_string("dropped", a)
            raise KeyError
        assert a.closed and receive_from(b, size=10).count == 0
    a, b = make_socket_pair()
    with b:
        with a:
            write_string("sent", a)
        assert receive_from(b, size=10).data == b"sent"


def test_an_error_is_not_hidden_by_closing(pair):
    a, b = pair
    with pytest.raises(KeyError), a:
        write_string("x", a)
        b.close()
        raise KeyError


def test_changing_the_format_takes_effect_at_the_next_character(pair):
    a, b = pair
    send_to(a, "é\n".encode() + "é\r\n".encode("latin-1"))
    assert read_line(b) == "é"
    set_external_format(b, ("latin-1", "eol-style", "crlf"))
    assert read_line(b) == "é"


def set_external_format(stream, value):
    import hy_iolib.lisp.places
    set_external_format_of(stream, value)


def test_external_formats_are_values():
    assert external_format("utf8") == external_format("UTF-8") == external_format()
    assert external_format("utf-8") != external_format("utf-8", eol_style="crlf")
    assert hash(external_format("utf8")) == hash(external_format())
    with make_socket(external_format=external_format("latin-1")) as s:
        assert external_format_of(s).encoding == "latin-1"


def test_non_blocking_descriptors_wait_in_stream_operators(pair, in_thread):
    a, b = pair
    b.non_blocking = True
    reader = in_thread(lambda: read_line(b, timeout=10))
    write_line("x", a)
    finish_output(a)
    assert reader() == "x"


def test_a_peer_that_is_no_stream_of_ours(pair):
    with python.socket() as s:
        for operator in (lambda: read_line(s), lambda: write_line("x", s), lambda: finish_output(s),
                         lambda: external_format_of(s)):
            with pytest.raises(type_error, match="stream: .* is not a stream of this library"):
                operator()


def test_a_time_limit_is_no_eof_error_p(pair):
    for read in (read_line, read_byte):
        with pytest.raises(type_error, match="eof-error-p: 0.1 is not .*:timeout"):
            read(pair[0], 0.1)


def test_limits_are_checked_even_when_not_needed(pair):
    a, b = pair
    send_to(a, b"x\ny")
    for operator in (lambda: write_line("x", a, timeout="soon"), lambda: read_byte(b, timeout=-1),
                     lambda: read_line(b, timeout=-1), lambda: finish_output(a, timeout="x")):
        with pytest.raises(type_error, match="timeout"):
            operator()


def test_octets_of_a_line_that_was_not_finished(pair):
    a, b = pair
    send_to(a, b"half")
    with pytest.raises(poll_timeout):
        read_line(b, timeout=0.01)
    assert read_byte(b) == ord("h")
    send_to(a, b" a line\nx")
    assert read_line(b) == "alf a line"
    assert read_byte(b) == ord("x")


def test_polling_for_a_long_line_is_not_quadratic(pair):
    import time
    a, b = pair

    def polls(number):
        start = time.process_time()
        for _ in range(number):
            send_to(a, b"x")
            try:
                read_line(b, timeout=0)
            except poll_timeout:
                pass
        return time.process_time() - start

    few = polls(200)
    for _ in range(300):
        send_to(a, b"x" * 20000)
        with pytest.raises(poll_timeout):
            read_line(b, timeout=0)
    assert polls(200) < 10 * few


def test_reading_after_a_close_by_another_thread(pair, in_thread):
    a, b = pair
    send_to(a, b"abc")
    waiting = in_thread(lambda: read_line(b))
    import time
    while not b._waiters:
        time.sleep(0.001)
    b.close()
    with pytest.raises(socket_closed_error):
        waiting()
    with pytest.raises(socket_closed_error):
        read_byte(b)
