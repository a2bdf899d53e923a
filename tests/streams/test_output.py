"""Writing: line starts, buffers, what can't be sent."""

import io
import os

import pytest

import hy_iolib
from hy_iolib import *  # noqa: F403
from hy_iolib import format as fmt


@pytest.fixture
def pair():
    a, b = make_socket_pair()
    yield a, b
    # Not everything that a test writes is sent.
    for s in (a, b):
        s.close(abort=True)


def sent(stream, peer):
    finish_output(stream)
    return receive_from(peer, size=100_000).data


def test_lines_start_fresh(pair):
    a, b = pair
    assert fresh_line(a) is False
    for write in (lambda: write_string("x", a), lambda: write_char("x", a), lambda: write_string("\nx", a),
                  lambda: write_byte(120, a), lambda: write_sequence(b"\nx", a), lambda: fmt(a, "x")):
        write()
        assert fresh_line(a) is True and fresh_line(a) is False
        sent(a, b)
        assert fresh_line(a) is False
    for write in (lambda: write_line("x", a), lambda: terpri(a), lambda: write_byte(10, a),
                  lambda: write_string("x\n", a), lambda: write_sequence(["x", "\n"], a), lambda: fmt(a, "x~%")):
        write_char("y", a)
        write()
        write_string("", a)
        write_sequence(b"", a)
        assert fresh_line(a) is False


@pytest.mark.parametrize("encoding", ["utf-16", "iso2022_jp", "cp037"])
def test_lines_start_fresh_in_other_encodings(encoding):
    a, b = make_socket_pair(external_format=(encoding, "eol-style", "crlf"))
    with a, b:
        write_line("x", a)
        assert fresh_line(a) is False
        write_char("x", a)
        assert fresh_line(a) is True
        assert sent(a, b) == "x\r\nx\r\n".encode(encoding)


def test_what_writers_return(pair):
    a, _ = pair
    assert write_char("x", a) == "x" and write_string("xy", a) == "xy" and write_line("xy", a, start=1) == "xy"
    assert terpri(a) is None and finish_output(a) is None and force_output(a) is None and clear_output(a) is None
    assert write_byte(1, a) == 1 and fmt(a, "x") is None


@pytest.mark.parametrize("character", ["", "ab", b"x", 5, None])
def test_what_is_no_character(pair, character):
    with pytest.raises(type_error, match="character: .* is not a character"):
        write_char(character, pair[0])


def test_force_output_does_not_wait(pair):
    a, b = pair
    set_fd_non_blocking(a, True)
    write_string("x", a)
    force_output(a)
    assert receive_from(b, size=10).data == b"x"
    text = "0123456789" * 100_000
    a._output_buffer_size = 10**8
    write_string("", a)
    a._room = 10**8
    write_string(text, a)
    force_output(a)
    pending = output_buffer_size(a)
    assert 0 < pending < len(text) and not output_buffer_empty_p(a)
    force_output(a)
    write_char("!", a)
    got = bytearray()
    while not output_buffer_empty_p(a):
        got += receive_from(b, size=100_000).data
        force_output(a)
    while len(got) <= len(text):
        got += receive_from(b, size=100_000).data
    assert got.decode() == text + "!"


def test_clear_output(pair):
    a, b = pair
    write_string("dropped", a)
    assert output_buffer_size(a) == 7 and not output_buffer_empty_p(a)
    clear_output(a)
    assert output_buffer_size(a) == 0 and output_buffer_empty_p(a)
    write_line("kept", a)
    assert sent(a, b) == b"kept\n"


@pytest.mark.parametrize("encoding, text", [("utf-16", "x"), ("utf-8-sig", "x"), ("iso2022_jp", "日")])
def test_clear_output_drops_no_mark_that_is_needed(encoding, text):
    a, b = make_socket_pair(external_format=encoding)
    with a, b:
        write_string(text, a)
        clear_output(a)
        write_string(text, a)
        assert sent(a, b) == text.encode(encoding)
        write_string(text, a)
        clear_output(a)
        write_string(text, a)
        finish_output(a)
        assert [read_char(b), read_char_no_hang(b)] == [text, None]


def test_byte_order_marks_and_shifts_in_between():
    a, b = make_socket_pair(external_format="utf-16")
    with a, b:
        for character in "ab\n":
            write_char(character, a)
            finish_output(a)
        assert sent(a, b) == "ab\n".encode("utf-16")
    a, b = make_socket_pair(external_format="iso2022_jp")
    with a, b:
        # One shift for all, and back before octets and whenever output is finished.
        write_char("日", a)
        write_char("本", a)
        write_byte(1, a)
        write_char("日", a)
        assert sent(a, b) == "日本".encode("iso2022_jp") + b"\1" + "日".encode("iso2022_jp")
        write_char("日", a)
        shutdown(a, write=True)
        assert receive_from(b, size=100).data == "日".encode("iso2022_jp")
    a, b = make_socket_pair(external_format="iso2022_jp")
    with b:
        write_char("本", a)
        a.close()
        assert receive_from(b, size=100).data == "本".encode("iso2022_jp")


def test_characters_that_join():
    a, b = make_socket_pair(external_format="euc_jis_2004")
    with a, b:
        write_char("か", a)
        write_char("\u309a", a)
        assert sent(a, b) == "か\u309a".encode("euc_jis_2004")
        write_char("か", a)
        assert sent(a, b) == "か".encode("euc_jis_2004")


def test_large_pieces_go_around_the_buffer(pair):
    a, b = pair
    write_string("small", a)
    write_string("x" * 20_000, a)
    # All was sent at once, in order, without being asked for.
    assert output_buffer_empty_p(a)
    assert receive_from(b, size=100_000).data == b"small" + b"x" * 20_000


def test_a_full_buffer_waits_no_longer_than_told(pair):
    a, b = pair
    text = "x" * 10_000
    with pytest.raises(poll_timeout):
        while True:
            write_string(text, a, timeout=0)
    pending = output_buffer_size(a)
    # It is in the buffer, and later writes find it there.
    for write in (lambda: write_char("y", a, timeout=0), lambda: write_byte(1, a, timeout=0),
                  lambda: terpri(a, timeout=0), lambda: write_line("x", a, timeout=0),
                  lambda: write_sequence(b"z", a, timeout=0), lambda: finish_output(a, timeout=0)):
        with pytest.raises(poll_timeout):
            write()
    assert output_buffer_size(a) == pending + 6


@pytest.mark.parametrize("operator", [finish_output, force_output, lambda s: write_string("x" * 20_000, s),
                                      lambda s: write_sequence(bytes(20_000), s), lambda s: write_sequence(bytearray(20_000), s)])
def test_hangup(pair, operator):
    a, b = pair
    b.close()
    write_char("x", a)
    with pytest.raises(hangup) as e:
        operator(a)
    assert isinstance(e.value, BrokenPipeError) and stream_error_stream(e.value) is a
    assert output_buffer_empty_p(a)


def test_format_to_a_stream(pair):
    a, b = pair
    fmt(a, "~&~A ~S ~3,'0D~%", "one", "two", 3)
    fmt(a, "x")
    fmt(a, "~&y")
    fmt(a, "~2&z")
    assert sent(a, b) == b'one "two" 003\nx\ny\n\nz'
    assert fmt(None, "~A~~~%", None) == "NIL~\n"
    for control in ("~Q", "~A", "~5", "~1,2,3,4,5A"):
        with pytest.raises(format_error, match="position 2"):
            fmt(a, "ab" + control)
    with pytest.raises(type_error, match="control"):
        fmt(a, b"x")
    assert output_buffer_empty_p(a)


# ---- Pipes and Python's files


def test_a_pipe():
    read, write = map(dual_channel_gray_stream, os.pipe())
    with read, write:
        write_line("línea", write)
        write_byte(7, write)
        finish_output(write)
        assert not os.get_blocking(read.fileno()) and fd_of(read) == read.fileno()
        assert read_line(read) == "línea" and read_byte(read) == 7
        assert not listen(read)
        with pytest.raises(poll_timeout):
            read_line(read, timeout=0.01)
        for operator in (lambda: (write_char("x", read), finish_output(read)), lambda: read_byte(write)):
            with pytest.raises(syscall_error, match="EBADF|[Bb]ad file"):
                operator()
        read.close()
        write_line("x", write)
        with pytest.raises(hangup):
            finish_output(write)
        assert repr(read) == "#<stream closed>" and "on descriptor" in repr(write)
        assert fd_of(read) is None and read.fileno() == -1


def test_a_stream_of_a_terminal(in_thread):
    main, terminal = os.openpty()
    stream = dual_channel_gray_stream(terminal, external_format="latin-1", max_line_length=100)
    try:
        os.write(main, b"caf\xe9\n")
        assert read_line(stream, timeout=5) == "café"
        write_line("hello", stream)
        finish_output(stream)
        echo = b""
        while b"hello" not in echo:
            echo += os.read(main, 1000)
    finally:
        os.close(main)
        stream.close(abort=True)


@pytest.mark.parametrize("fd", [-1, "x", None, 1.5, True])
def test_what_is_no_descriptor(fd):
    with pytest.raises(type_error, match="fd"):
        dual_channel_gray_stream(fd)


def test_a_descriptor_that_is_not_open():
    r, w = os.pipe()
    os.close(r)
    os.close(w)
    with pytest.raises(ebadf):
        dual_channel_gray_stream(r)


def test_a_stream_that_is_dropped_open_warns():
    r, w = os.pipe()
    with pytest.warns(ResourceWarning):
        dual_channel_gray_stream(r)
        import gc
        gc.collect()
    os.close(w)


def test_standard_streams_are_looked_up_when_called(monkeypatch, capsys):
    import sys
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo three\r\nfour"))
    assert read_line() == "one" and read_char(None) == "t" and peek_char() == "w"
    unread_twice = read_char(True)
    unread_char(unread_twice)
    assert listen() and read_line() == "wo three\r"
    assert sys.stdin.readline() == "four"
    assert read_line(None, None, "eof") == "eof" and read_char_no_hang(None, False, "eof") == "eof" and not listen()
    with pytest.raises(end_of_file):
        read_char()
    write_line("é out")
    write_string("partial")
    assert fresh_line() is True and fresh_line() is False
    fmt(True, "~A~%", 5)
    write_char("x")
    terpri()
    finish_output()
    force_output()
    assert capsys.readouterr().out == "é out\npartial\n5\nx\n"


def test_nothing_is_read_ahead_of_a_python_file(tmp_path):
    (tmp_path / "text").write_text("línea\nsecond\nthird\n")
    with open(tmp_path / "text") as f:
        assert read_line(f) == "línea" and f.readline() == "second\n" and read_char(f) == "t"
        assert f.read(1) == "h" and list(f) == ["ird\n"] and read_line(f, None) is None
    with pytest.raises(socket_closed_error):
        read_line(f)
    with open(tmp_path / "text", "rb") as f:
        assert read_byte(f) == 108 and read_char(f) == "í" and f.read(1) == b"n" and read_line(f) == "ea"
        buffer = bytearray(6)
        assert read_sequence(buffer, f) == 6 and buffer == b"second"


def test_octets_to_python_files():
    binary, text = io.BytesIO(), io.StringIO()
    write_line("é", binary)
    write_byte(7, binary)
    write_sequence(b"ab", binary)
    assert binary.getvalue() == "é\n".encode() + b"\7ab"
    write_sequence(["a", "é"], text)
    assert text.getvalue() == "aé"
    for operator in (lambda: write_byte(7, text), lambda: write_sequence(b"ab", text), lambda: read_byte(text),
                     lambda: read_sequence(bytearray(2), text), lambda: write_sequence(["a", 1], text)):
        with pytest.raises(type_error, match="stream: .* is not a stream of octets"):
            operator()


def test_what_streams_are(pair, tmp_path):
    a, _ = pair
    assert open_stream_p(a) and input_stream_p(a) and output_stream_p(a)
    assert stream_element_type(a) == ("unsigned-byte", 8)
    with open(tmp_path / "f", "w") as f:
        assert open_stream_p(f) and output_stream_p(f) and not input_stream_p(f)
        assert stream_element_type(f) == "character"
    assert not open_stream_p(f) and not output_stream_p(f)
    for x in (5, None, "stream", int):
        for operator in (open_stream_p, input_stream_p, output_stream_p, stream_element_type):
            with pytest.raises(type_error, match="stream"):
                operator(x)
    for x in (5, "stream", int, object()):
        for operator in (read_line, read_char, listen, finish_output, terpri):
            with pytest.raises(type_error, match="stream: .* is not a stream of this library.* or a file"):
                operator(x)


def test_a_forked_child_does_not_send_what_its_parent_wrote(pair):
    a, b = pair
    write_line("parent", a)
    child = os.fork()
    if not child:
        try:
            write_line("child", a)
            finish_output(a)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert receive_from(b, size=100).data == b"child\n"
    assert sent(a, b) == b"parent\n"
