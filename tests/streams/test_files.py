"""Python's file objects over bivalent streams."""

import csv
import gc
import io
import json
import pickle
import shutil

import pytest

from hy_iolib import *  # noqa: F403


@pytest.fixture
def pair():
    a, b = make_socket_pair()
    with a, b:
        yield a, b


def test_what_they_are(pair):
    a, _ = pair
    binary, text = binary_file(a), text_file(a)
    assert isinstance(binary, io.BufferedIOBase) and isinstance(text, io.TextIOBase)
    for f in (binary, text):
        assert f.readable() and f.writable() and not f.seekable() and not f.isatty()
        assert f.fileno() == a.fileno() and f.stream is a
        f.close()
        assert f.closed and open_stream_p(a)
        f.close()
        for operator in (f.read, lambda: f.write(b""), f.readline, f.readable, f.fileno):
            with pytest.raises(ValueError):
                operator()
    assert text.encoding == "utf-8"
    assert "binary-file of #<active" in repr(binary)
    for x in (5, None, io.StringIO()):
        with pytest.raises(type_error, match="stream"):
            binary_file(x)


def test_print_and_json_and_csv(pair):
    a, b = pair
    with text_file(a) as f:
        print("línea", 1, file=f)
        print("two", end="", file=f, flush=True)
        csv.writer(f).writerows([["a", "é"], [1, "x y"]])
        json.dump({"a": [1, "é"]}, f)
    shutdown(a, write=True)
    f = text_file(b)
    assert f.readline() == "línea 1\n"
    assert read_char(b) == "t" and f.read(2) == "wo"
    rows = csv.reader(f)
    assert next(rows) == ["a", "é"] and next(rows) == ["1", "x y"]
    assert json.load(f) == {"a": [1, "é"]}
    assert f.read() == "" and f.readline() == "" and f.read(1) == ""


def test_text_reads_as_much_as_asked(pair):
    a, b = pair
    write_string("aé你\nb\n\nrest of it", a)
    a.close()
    f = text_file(b)
    assert [f.read(0), f.read(2), f.readline(1), f.readline(5), f.readline(1), f.readline()] == \
        ["", "aé", "你", "\n", "b", "\n"]
    assert list(f) == ["\n", "rest of it"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gbk", "latin-1"])
@pytest.mark.parametrize("eol, newline", [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])
def test_text_in_every_format(encoding, eol, newline):
    text = "aé你b\n\nc\n" if encoding != "latin-1" else "aéÿb\n\nc\n"
    for read in (lambda f: f.read(), lambda f: "".join(f), lambda f: "".join(iter(lambda: f.read(3), "")),
                 lambda f: "".join(iter(lambda: f.read(1), ""))):
        a, b = make_socket_pair(external_format=(encoding, "eol-style", eol))
        with a, b:
            send_to(a, text.replace("\n", newline).encode(encoding))
            a.close()
            assert read(text_file(b)) == text


def test_a_cr_at_the_end_of_what_is_there(in_thread):
    a, b = make_socket_pair(external_format=("utf-8", "eol-style", "crlf"))
    with a, b:
        send_to(a, b"ab\r")
        f = text_file(b)
        assert f.read(2) == "ab"
        reader = in_thread(f.read, 2)
        send_to(a, b"\nc")
        assert reader() == "\nc"


@pytest.mark.parametrize("errors, text", [(None, "a\ufffdb"), ("ignore", "ab"), ("backslashreplace", "a\\xffb")])
def test_invalid_octets(errors, text):
    for read in (lambda f: f.read(), lambda f: f.read(10), lambda f: f.readline()):
        a, b = make_socket_pair(external_format=external_format("utf-8", errors=errors))
        with a, b:
            send_to(a, b"a\xffb")
            a.close()
            assert read(text_file(b)) == text


def test_newlines_of_lines_whose_text_is_not_of_octets():
    a, b = make_socket_pair(external_format=("utf-8", "errors", "backslashreplace"))
    with a, b:
        send_to(a, b"\xffa\n\xffb\n\xffc")
        a.close()
        f = text_file(b)
        lines = []
        while f.read(1):
            lines.append(f.readline())
        assert lines == ["xffa\n", "xffb\n", "xffc"]
    a, b = make_socket_pair(external_format="utf-7")
    with a, b:
        send_to(a, "é\n".encode("utf-7") + b"+AAoA6QAK-x\n")
        assert [text_file(b).readline() for _ in range(2)] == ["é\n", "\n"]
        unread_char("\n", b)
        assert [text_file(b).readline() for _ in range(3)] == ["\n", "é\n", "x\n"]


def test_invalid_octets_are_signalled():
    for read in (lambda f: f.read(), lambda f: f.read(10), lambda f: f.readline()):
        a, b = make_socket_pair(external_format=("utf-8", "errors", "strict"))
        with a, b:
            send_to(a, b"a\xffb")
            a.close()
            f = text_file(b)
            got = ""
            with pytest.raises(UnicodeError):
                got += read(f)
            assert "b" in read(f)


def test_binary_reads_as_much_as_asked(pair):
    a, b = pair
    write_sequence(b"one\ntwo\nthree", a)
    finish_output(a)
    f = binary_file(b)
    assert [f.read(0), f.read(2), f.readline(), f.readline(2), f.read1(2), f.read1(0)] == [b"", b"on", b"e\n", b"tw", b"o\n", b""]
    assert read_char(b) == "t"
    buffer = bytearray(3)
    assert f.readinto(buffer) == 3 and buffer == b"hre"
    assert f.readinto1(buffer) == 1 and buffer == b"ere"
    write_sequence(b"end", a)
    a.close()
    assert f.readinto(bytearray(5)) == 3 and f.readinto(bytearray(5)) == 0
    assert [f.read(), f.read(5), f.read1(), f.readline()] == [b""] * 4


def test_a_time_limit_of_the_socket_holds(pair):
    _, b = pair
    set_socket_option(b, "receive-timeout", 0.01)
    for read in (binary_file(b).read, binary_file(b).readline, binary_file(b).read1, text_file(b).read,
                 text_file(b).readline, lambda: text_file(b).read(1)):
        with pytest.raises(TimeoutError):
            read()


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_copying(pair, in_thread, size):
    a, b = pair
    octets = bytes(i * 7 % 251 for i in range(size))

    def write():
        with binary_file(a) as f:
            shutil.copyfileobj(io.BytesIO(octets), f)
        a.close()

    writer = in_thread(write)
    copy = io.BytesIO()
    shutil.copyfileobj(binary_file(b), copy)
    writer()
    assert copy.getvalue() == octets


def test_pickling_through(pair):
    a, b = pair
    pickle.dump({"x": list(range(1000))}, binary_file(a))
    finish_output(a)
    assert pickle.load(binary_file(b)) == {"x": list(range(1000))}


def test_wrapping(pair):
    a, b = pair
    with io.TextIOWrapper(binary_file(a), "utf-16-le", write_through=True) as f:
        f.write("é")
    a.close()
    assert io.TextIOWrapper(binary_file(b), "utf-16-le").read() == "é"


def test_dropping_a_file_neither_closes_nor_sends(pair):
    a, b = pair
    print("kept", file=text_file(a))
    gc.collect()
    assert output_buffer_size(a) == 5 and open_stream_p(a)
    finish_output(a)
    assert read_line(b) == "kept"


def test_what_cannot_be_written(pair):
    a, _ = pair
    for x in (b"x", 5, None):
        with pytest.raises(TypeError):
            text_file(a).write(x)
    for x in ("x", 5, None):
        with pytest.raises(TypeError):
            binary_file(a).write(x)


def test_a_stream_iterates_over_its_lines(pair):
    a, b = pair
    write_string("one\n\ntwo\nlast", a)
    a.close()
    assert [line for line in b] == ["one", "", "two", "last"]
    assert list(b) == []
