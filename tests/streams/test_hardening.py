"""What a hostile peer, an odd file, a handler that gives up or an interrupt must not do to a stream."""

import codecs
import fcntl
import io
import os
import sys
import tempfile
import termios
import time

import pytest

from conftest import interrupt, interrupts, signalled
from hy_iolib import *  # noqa: F403
from hy_iolib import socket_closed_error


def gives_up(e):
    raise KeyError("an error handler gives up")


def two_characters(e):
    return "ab", e.end


codecs.register_error("hy-iolib-test-gives-up", gives_up)
codecs.register_error("hy-iolib-test-two", two_characters)
codecs.register_error("hy-iolib-test-octets", lambda e: (b"x", e.end))


def test_octets_that_an_error_handler_gives_up_at_stay(pair_of):
    a, b = pair_of(external_format=("utf-8", "errors", "hy-iolib-test-gives-up"))
    send_to(a, b"one\n")
    assert read_line(b) == "one"
    send_to(a, b"kept\xff\n")
    with pytest.raises(KeyError):
        read_line(b)
    send_to(a, b"three\n")
    with pytest.raises(KeyError):
        read_line(b)
    assert [read_char(b) for _ in range(4)] == list("kept") and read_byte(b) == 0xFF
    assert [read_line(b), read_line(b)] == ["", "three"]


@pytest.mark.parametrize("encoding, errors, octets, bad", [
    ("utf-8", "surrogatepass", b"\xff\n", b"\xff"), ("utf-16-le", "surrogateescape", b"A\xdcA\0\n\0", b"A\xdc"),
    ("utf-32-be", "surrogateescape", b"\0\x11\0\0\0\0\0A\0\0\0\n", b"\0\x11\0\0")])
def test_handlers_that_do_not_know_what_to_do(pair_of, encoding, errors, octets, bad):
    for read in (read_line, read_char, lambda s: peek_char(None, s), read_char_no_hang,
                 lambda s: text_file(s).read(1), lambda s: read_sequence([""], s)):
        a, b = pair_of(external_format=(encoding, "errors", errors))
        send_to(a, octets)
        assert listen(b)
        with pytest.raises(character_decoding_error) as e:
            read(b)
        assert e.value.octets == bad
        assert read_line(b) in ("", "A")


def test_handlers_that_give_octets(pair_of):
    a, b = pair_of(external_format=("utf-8", "errors", "hy-iolib-test-octets"))
    send_to(a, b"\xff\n")
    for read in (read_char, read_line):
        with pytest.raises(TypeError):
            read(b)


@pytest.mark.parametrize("format, piece", [(("utf-8", "errors", "ignore"), b"\xff"),
                                           (("utf-8", "replacement", ""), b"\xff"), ("iso2022_jp", b"\x1b(B")])
def test_what_stands_for_nothing_fills_no_memory(pair_of, format, piece):
    a, b = pair_of(external_format=format)
    for _ in range(3000):
        send_to(a, piece)
        assert read_char_no_hang(b) is None and not listen(b)
    assert input_buffer_size(b) < 1500
    send_to(a, b"x")
    assert read_char(b, timeout=5) == "x"


def test_ignored_octets_behind_what_can_be_unread(pair_of):
    for text, character in (("x\n", "\n"), ("x", "x")):
        a, b = pair_of(external_format=("utf-8", "errors", "ignore"))
        write_string(text, a)
        finish_output(a)
        if character == "x":
            assert read_char(b) == "x"
        else:
            assert read_line(b) == "x"
        send_to(a, b"\xff")
        assert not listen(b)
        unread_char(character, b)
        assert read_char(b) == character
        for _ in range(3000):
            send_to(a, b"\xff")
            assert not listen(b)
        assert input_buffer_size(b) < 1500
    a, b = pair_of(external_format=("utf-8", "errors", "ignore"))
    send_to(a, b"ab\xff")
    with pytest.raises(poll_timeout):
        read_sequence([""] * 3, b, timeout=0)
    assert [read_char(b), read_char(b)] == ["a", "b"]


def test_ignored_octets_at_the_end_are_no_line(pair_of):
    for encoding in ("utf-8", "ascii", "shift_jis"):
        a, b = pair_of(external_format=(encoding, "errors", "ignore"))
        send_to(a, b"x\n\n\xff\xff")
        a.close()
        assert list(b) == ["x", ""]


def test_the_limit_of_lines_holds_after_a_handlers_text(pair_of):
    a, b = pair_of(external_format=("utf-8", "errors", "hy-iolib-test-two"), max_line_length=5)
    send_to(a, b"\xff1234\n\xff12345\n")
    assert read_char(b) == "a" and read_line(b) == "b1234" and read_char(b) == "a"
    for _ in range(2):
        with pytest.raises(line_too_long):
            read_line(b)
    assert [read_char(b) for _ in range(7)] == list("b12345\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "shift_jis", "latin-1"])
@pytest.mark.parametrize("eol, newline", [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])
def test_the_limit_of_lines_is_exact(pair_of, encoding, eol, newline):
    a, b = pair_of(external_format=(encoding, "eol-style", eol), max_line_length=8)
    width = len("x".encode(encoding))
    for size in (8, 9):
        a_line = ("x" * (8 // width) + ("" if size == 8 else "x")) + newline
        send_to(a, a_line.encode(encoding))
        if size == 8:
            assert read_line(b) == "x" * (8 // width)
        else:
            with pytest.raises(line_too_long):
                read_line(b)


@pytest.mark.parametrize("read", [lambda s: read_sequence([""] * 10, s), lambda s: read_sequence(bytearray(10), s),
                                  lambda s: read_sequence(bytearray(100_000), s), read_line, read_char,
                                  lambda s: list(s), lambda s: text_file(s).read(), lambda s: binary_file(s).read()])
def test_closing_under_every_reader(pair_of, in_thread, read):
    a, b = pair_of(external_format=("utf-8", "errors", "hy-iolib-test-two"))
    send_to(a, b"\xff")
    assert read_char(b) == "a"
    if read is read_char:
        read_char(b)
    waiting = in_thread(read, b)
    deadline = time.monotonic() + 10
    while not b._waiters:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    b.close()
    with pytest.raises(socket_closed_error):
        waiting()


@pytest.fixture
def frequent_switches():
    """Who sends the signals has its turn often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    yield
    sys.setswitchinterval(before)


# ---- Interrupts: a signal handler that raises, at any place

@pytest.mark.filterwarnings("ignore:.*(unclosed file|FileIO)")
@pytest.mark.parametrize("size", [None, 7, 700, 20_000])
def test_interrupted_readers_lose_nothing(pair_of, in_thread, size, frequent_switches):
    lines = {None: 30_000, 7: 3000}.get(size, 300_000)
    octets = "".join(f"{i} é你\n" for i in range(lines)).encode()
    interrupts.clear()
    # How many there are in a round depends on what else the machine does.
    for _ in range(20):
        before = len(interrupts)
        a, b = pair_of()
        writer = in_thread(lambda: (write_sequence(octets, a, timeout=30), a.close()))
        got = interrupted_reading(b, size)
        writer()
        if sys.version_info >= (3, 11):
            assert b"".join(got) == octets
        else:
            # CPython 3.10 can interrupt between a function's return and its caller: a value is lost there.
            assert len(b"".join(got)) >= len(octets) - (len(interrupts) - before) * (size or 30)
            position = 0
            for piece in got:
                position = octets.index(piece, position) + len(piece)
        if len(interrupts) > 20:
            break
    assert interrupts


def interrupted_reading(stream, size):
    """All that can be read from STREAM, in lines, or in sequences of SIZE."""
    got, end, buffer = [], object(), bytearray(size or 0)

    # All of it within C: what was returned is not lost on its way.
    def read():
        while not (got and got[-1] in (end, b"")):
            if size is None:
                got.extend(map(read_line, (stream,), (None,), (end,)))
            else:
                got.extend(map(bytes, map(buffer.__getitem__, map(slice, map(read_sequence, (buffer,), (stream,))))))

    with signalled(interrupt) as attempt:
        while not (got and got[-1] in (end, b"")):
            attempt(read)
    got.pop()
    return [(line + "\n").encode() for line in got] if size is None else got


# ---- Python's files


def test_temporary_files_as_arguments():
    assert read_line(io.StringIO("abc")) == "abc" and read_byte(io.BytesIO(b"abc")) == 97
    assert peek_char(None, io.StringIO("x")) == "x" and read_char_no_hang(io.StringIO("x")) == "x"
    assert read_sequence(bytearray(5), io.BytesIO(b"abc")) == 3
    clear_input(io.StringIO("abc"))


def test_output_to_files_that_take_a_part_at_a_time(in_thread):
    r, w = os.pipe()
    os.set_blocking(w, False)
    for buffering in (0, 4096):
        f = os.fdopen(os.dup(w), "wb", buffering)
        os.set_blocking(f.fileno(), False)
        reader = in_thread(lambda: b"".join(iter(lambda: os.read(r, 10_000), b"!")))
        write_sequence(bytes(range(40, 120)) * 3000, f)
        finish_output(f)
        while True:
            try:
                f.write(b"")
                f.flush()
                break
            except BlockingIOError:
                time.sleep(0.001)
        f.close()
        # The pipe has to be empty before the last octet comes by itself.
        deadline = time.monotonic() + 10
        while int.from_bytes(fcntl.ioctl(r, termios.FIONREAD, bytes(4)), "little"):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(0.01)
        os.write(w, b"!")
        assert reader() == bytes(range(40, 120)) * 3000
    os.close(r)
    os.close(w)


def test_a_text_file_with_a_narrow_encoding(tmp_path):
    with open(tmp_path / "x", "w", encoding="ascii") as f:
        with pytest.raises(character_encoding_error) as e:
            write_line("é", f)
        assert e.value.character == "é"
        write_line("ok", f)
        finish_output(f)
    assert (tmp_path / "x").read_text() == "ok\n"


def test_errors_of_files_are_conditions(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff\n")
    with open(tmp_path / "x", encoding="utf-8") as f:
        with pytest.raises(character_decoding_error):
            read_line(f)
        with pytest.raises(character_decoding_error):
            f.seek(0)
            read_char(f)
        with pytest.raises(type_error, match="stream: .* is not a file that is writable"):
            write_line("x", f)
    with open("/dev/full", "w") as f:
        write_line("x", f)
        with pytest.raises(enospc):
            finish_output(f)
        with pytest.raises(type_error, match="stream: .* is not a file that is readable"):
            read_line(f)
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), f.fileno())


class Slotted:
    __slots__ = ("text",)

    def __init__(self):
        self.text = []

    def write(self, text):
        self.text.append(text)

    def read(self, size):
        return "x"


class Equal:
    def __init__(self, character):
        self.character = character

    def read(self, size):
        return self.character

    def __eq__(self, other):
        return True

    __hash__ = None


def test_odd_files():
    slotted = Slotted()
    write_line("é", slotted)
    finish_output(slotted)
    assert slotted.text == ["é\n"] and read_char(slotted) == "x" and open_stream_p(slotted)
    one, two = Equal("1"), Equal("2")
    assert [read_char(one), read_char(two), peek_char(None, one), peek_char(None, two)] == ["1", "2", "1", "2"]
    with tempfile.SpooledTemporaryFile() as f:
        write_sequence(b"abc", f)
        f.seek(0)
        assert read_byte(f) == 97 and input_stream_p(f) and output_stream_p(f)
        assert stream_element_type(f) == ("unsigned-byte", 8)
    with pytest.raises(type_error, match="stream"):
        write_line("x", one)


# ---- Descriptors


def test_a_directory_is_no_stream(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(eisdir):
        dual_channel_gray_stream(fd)
    os.close(fd)


def test_a_terminal_ends_when_its_other_side_is_closed():
    main, terminal = os.openpty()
    with dual_channel_gray_stream(main) as stream:
        os.write(terminal, b"x\n")
        os.close(terminal)
        # In the terminal's words.
        assert read_line(stream) == "x\r" and read_line(stream, None, "eof") == "eof"


def test_a_datagram_is_read_whole():
    a, b = make_socket_pair(type="datagram")
    with a, b:
        write_sequence(b"z" * 20_000, a)
        finish_output(a)
        assert read_char(b) == "z" and input_buffer_size(b) == 19_999


@pytest.mark.parametrize("buffer", [[0, 0], "ab", b"ab", 5])
def test_readinto_takes_buffers_only(pair_of, buffer):
    a, b = pair_of()
    send_to(a, b"xy")
    for read in (binary_file(b).readinto, binary_file(b).readinto1):
        with pytest.raises(TypeError):
            read(buffer)
    assert read_char(b) == "x"
