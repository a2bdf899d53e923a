"""TLS under event bases, on every multiplexer: handlers are called for what can be read in the clear."""

import pathlib
import socket as python_socket
import sys
import time

import pytest

from hy_iolib import (accept_connection, add_timer, close, exit_event_loop, finish_output, make_socket,
                      make_socket_pair, non_blocking_sockets, poll_timeout, read_char, read_line,
                      receive_from, remove_fd_handlers, send_to, set_error_handler, set_io_handler, shutdown,
                      start_tls, tls_error, tls_p, tls_version, write_line)

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "multiplex"))

from certificates import HOST, files, pair, server, shake  # noqa: E402, F401
from event_bases import base, driver  # noqa: E402, F401


def quiet_for(seconds, driver, base):
    driver.dispatch(base, timeout=seconds)


def test_a_server_and_a_client_in_one_loop(driver, base, pair):
    """The handshake goes on by itself, and no handler is called for it."""
    a, b = pair(establish=False)
    log = []

    def read(s, name):
        def handler(fd, event, exception):
            log.append((name, event, exception, read_line(s)))
            exit_event_loop(base)
        return handler

    def write(fd, event, exception):
        assert tls_version(b) and event == "write" and exception is None
        write_line("hello", b)
        finish_output(b)
        remove_fd_handlers(base, b, write=True)

    set_io_handler(base, a, "read", read(a, "a"))
    set_io_handler(base, b, "read", read(b, "b"))
    set_io_handler(base, b, "write", write)
    driver.dispatch(base, timeout=20)
    assert log == [("a", "read", None, "hello")]
    write_line("and back", a)
    finish_output(a)
    driver.dispatch(base, timeout=20)
    assert log[1:] == [("b", "read", None, "and back")]


def test_handlers_are_called_while_decrypted_data_waits(driver, base, pair):
    a, b = pair()
    send_to(a, b"abc")
    send_to(a, b"de")
    got = []

    def read(fd, event, exception):
        got.append(receive_from(b, size=1).data)
        if len(got) == 5:
            exit_event_loop(base)

    set_io_handler(base, b, "read", read)
    driver.dispatch(base, timeout=20)
    assert b"".join(got) == b"abcde"
    quiet_for(0.05, driver, base)
    assert len(got) == 5


def test_also_when_it_was_decrypted_before(driver, base, pair):
    a, b = pair()
    send_to(a, b"xyz")
    assert receive_from(b, size=1).data == b"x"
    got = []

    def read(fd, event, exception):
        got.append(read_char(b))
        if len(got) == 2:
            exit_event_loop(base)

    set_io_handler(base, b, "read", read)
    driver.dispatch(base, timeout=20)
    assert got == ["y", "z"]


def test_also_when_setting_the_handler_ends_the_handshake(driver, base, pair):
    """The octets that came with its end are in no system's buffer any more."""
    a, b = pair(establish=False)
    for s in (b, a):
        with pytest.raises(BlockingIOError):
            s._channel.advance()
    assert send_to(b, b"hello") == 5
    called = []
    set_io_handler(base, a, "read", lambda *_: (called.append(receive_from(a, size=10).data),
                                                exit_event_loop(base)))
    driver.dispatch(base, timeout=20)
    assert called == [b"hello"]


def test_nothing_is_told_of_what_is_not_for_handlers(driver, base, pair):
    """Part of a record is no reason to be called."""
    a, b = pair()
    record = []
    a._channel.send = lambda octets, flags: record.append(bytes(octets)) or len(octets)
    send_to(a, b"hello")
    octets = b"".join(record)
    called = []
    set_io_handler(base, b, "read", lambda *_: (called.append(receive_from(b, size=10).data),
                                                exit_event_loop(base)))
    a.python_socket.send(octets[:10])
    quiet_for(0.05, driver, base)
    assert not called
    a.python_socket.send(octets[10:])
    driver.dispatch(base, timeout=20)
    assert called == [b"hello"]


def test_the_end(driver, base, pair):
    a, b = pair()
    write_line("last", a)
    close(a)
    got = []

    def read(fd, event, exception):
        got.append((exception, read_line(b, None, "end")))
        if got[-1][1] == "end":
            exit_event_loop(base)
            remove_fd_handlers(base, b)

    set_io_handler(base, b, "read", read)
    driver.dispatch(base, timeout=20)
    assert got == [(None, "last"), (None, "end")]


def test_half_closed_peers_are_answered(driver, base, pair):
    a, b = pair()
    write_line("question", a)
    shutdown(a, write=True)

    def read(fd, event, exception):
        line = read_line(b, None, None)
        if line is None:
            close(b)
            exit_event_loop(base)
        else:
            write_line(line.upper(), b)

    set_io_handler(base, b, "read", read)
    driver.dispatch(base, timeout=20)
    assert read_line(a) == "QUESTION" and read_line(a, None, "end") == "end"


@pytest.mark.parametrize("event", ["read", "write", "error"])
def test_what_fails_is_told_as_an_error(driver, base, pair_of, files, event):
    a, b = pair_of()
    start_tls(a, server_side=True, certificate=files.server, wait=False)
    told = []
    handler = lambda fd, *rest: told.append(rest)  # noqa: E731
    if event == "error":
        set_error_handler(base, a, handler)
    else:
        set_io_handler(base, a, event, handler)
    send_to(b, b"GET / HTTP/1.0\r\n\r\n")
    quiet_for(0.1, driver, base)
    # Once, though nobody does something about it.
    assert told == [(event, "error")]
    with pytest.raises(tls_error) as caught:
        read_line(a)
    assert caught.value.reason == "HTTP_REQUEST"


def test_a_connection_that_is_cut_is_told_as_an_error(driver, base, pair):
    a, b = pair()
    close(a, abort=True)
    told = []
    set_io_handler(base, b, "read", lambda fd, *rest: (told.append(rest), close(b), exit_event_loop(base)))
    driver.dispatch(base, timeout=20)
    assert told == [("read", "error")]


def test_octets_come_before_the_error_that_follows(driver, base, pair):
    a, b = pair()
    send_to(a, b"hello")
    close(a, abort=True)
    told = []

    def read(fd, event, exception):
        told.append(exception or receive_from(b, size=10).data)
        if exception:
            close(b)
            exit_event_loop(base)

    set_io_handler(base, b, "read", read)
    driver.dispatch(base, timeout=20)
    assert told == [b"hello", "error"]


def test_a_handshake_that_does_not_end_is_told_when_its_time_is_over(driver, base, pair_of, files):
    a, b = pair_of()
    start_tls(a, server_side=True, certificate=files.server, wait=False, timeout=0.1)
    told = []
    set_io_handler(base, a, "read", lambda fd, *rest: (told.append(rest), exit_event_loop(base)))
    before = time.monotonic()
    driver.dispatch(base, timeout=20)
    assert told == [("read", "error")] and 0.09 < time.monotonic() - before < 5
    with pytest.raises(poll_timeout):
        read_line(a)


def test_a_handshake_that_has_ended_leaves_no_timer(driver, pair):
    base = driver.new_base(exit_when_empty=True)
    a, b = pair(establish=False)
    for s in (a, b):
        set_io_handler(base, s, "read", lambda *_: None)
    add_timer(base, lambda: [remove_fd_handlers(base, s) for s in (a, b)], 0.2, one_shot=True)
    before = time.monotonic()
    driver.dispatch(base, timeout=20)
    assert tls_version(a) and tls_version(b) and time.monotonic() - before < 10


def test_starttls_under_the_loop(driver, base, pair_of, files):
    """Handlers that are there already go on, in the clear before and encrypted then."""
    a, b = pair_of()
    lines = []

    def serve(fd, event, exception):
        line = read_line(a)
        lines.append((line, tls_p(a)))
        if line == "STARTTLS":
            write_line("go ahead", a)
            start_tls(a, server_side=True, certificate=files.server, wait=False)
        else:
            write_line(line.upper(), a)
            finish_output(a)

    def ask(fd, event, exception):
        line = read_line(b)
        lines.append((line, tls_p(b)))
        if line == "go ahead":
            start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
            set_io_handler(base, b, "write", say)
        else:
            exit_event_loop(base)

    def say(fd, event, exception):
        remove_fd_handlers(base, b, write=True)
        write_line("secret", b)
        finish_output(b)

    set_io_handler(base, a, "read", serve)
    set_io_handler(base, b, "read", ask)
    write_line("STARTTLS", b)
    finish_output(b)
    driver.dispatch(base, timeout=20)
    assert lines == [("STARTTLS", False), ("go ahead", False), ("secret", True), ("SECRET", True)]


def test_one_shot_ends_for_a_handler_only(driver, base, pair):
    a, b = pair(establish=False)
    called = []
    set_io_handler(base, a, "read", lambda *_: called.append(read_line(a)))
    set_io_handler(base, b, "write", lambda *_: (called.append("write"), remove_fd_handlers(base, b),
                                                 write_line("x", b), finish_output(b)))
    driver.dispatch(base, one_shot=True, timeout=20)
    assert called[0] == "write"
    if called == ["write"]:
        driver.dispatch(base, one_shot=True, timeout=20)
    assert called == ["write", "x"]


def test_accepting_goes_on_beside_handshakes(driver, base, server, files, in_thread):
    """Clients that say nothing, or nonsense, hold up nobody."""
    passive, port = server()
    errors = []

    def accept(fd, event, exception):
        s = accept_connection(passive, wait=False)
        if s is None:
            return

        def serve(fd, event, exception):
            line = None if exception else read_line(s, None, None)
            if line is None:
                errors.append(exception)
                close(s, abort=bool(exception))
            else:
                write_line(line.upper(), s)
                finish_output(s)
        set_io_handler(base, s, "read", serve)

    set_io_handler(base, passive, "read", accept)
    silent = [python_socket.create_connection((HOST, port)) for _ in range(5)]
    for s, octets in zip(silent, [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"nonsense\r\n\r\n", b"\x80" * 100]):
        s.sendall(octets)

    def client():
        with make_socket(remote_host="localhost", remote_port=port, tls={"ca_file": files.ca}) as s:
            write_line("hello", s)
            finish_output(s)
            return read_line(s, timeout=20)

    clients = [in_thread(client) for _ in range(5)]
    deadline = time.monotonic() + 20
    while any(c.thread.is_alive() for c in clients) and time.monotonic() < deadline:
        driver.dispatch(base, timeout=0.1)
    assert [c() for c in clients] == ["HELLO"] * 5
    for s in silent:
        s.close()
    while len(errors) < 10 and time.monotonic() < deadline:
        driver.dispatch(base, timeout=0.1)
    assert errors.count("error") == 5 and errors.count(None) == 5


def test_a_peer_that_does_not_read(driver, base, files):
    """The usual non-blocking server: what would block is tried again when there is room."""
    with non_blocking_sockets.let(True):
        a, b = make_socket_pair()
    with a, b:
        start_tls(a, server_side=True, certificate=files.server, wait=False)
        start_tls(b, server_name="localhost", ca_file=files.ca, wait=False)
        shake(a, b)
        data = bytes(range(256)) * 8000
        sent, received = [0], bytearray()

        def write(fd, event, exception):
            try:
                while sent[0] < len(data):
                    sent[0] += send_to(a, data, start=sent[0])
                shutdown(a, write=True)
                remove_fd_handlers(base, a)
            except BlockingIOError:
                pass

        def read(fd, event, exception):
            octets = receive_from(b, size=50000).data
            received.extend(octets)
            if not octets:
                exit_event_loop(base)

        set_io_handler(base, a, "write", write)
        driver.dispatch(base, timeout=0.05)
        assert 0 < sent[0] < len(data)
        set_io_handler(base, b, "read", read)
        driver.dispatch(base, timeout=20)
        assert received == data


def test_closing_takes_the_handlers_away(driver, base, pair):
    a, b = pair()
    set_io_handler(base, b, "read", lambda *_: None)
    close(b)
    assert not base._entries


def test_a_handler_that_is_set_again_is_called_for_what_was_there(driver, base, pair_of):
    """Of any stream, and while another handler is there."""
    a, b = pair_of()
    write_line("one", b)
    finish_output(b)
    assert read_char(a) == "o"
    seen = []

    def stop(*_):
        seen.append("stop")
        exit_event_loop(base)

    set_io_handler(base, a, "write", lambda *_: None)
    for _ in range(3):
        set_io_handler(base, a, "read", stop)
        driver.dispatch(base, timeout=20)
        remove_fd_handlers(base, a, read=True)
    assert len(seen) == 3
