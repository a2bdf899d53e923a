"""`wait-until-fd-ready` and its kin: what they say, of any descriptor, and for how long they wait."""

import os
import pathlib
import select
import signal
import time

import pytest

from event_bases import listener, pair, pipe  # noqa: F401  fixtures
import hy_iolib
from hy_iolib import (fd_readablep, fd_ready_p, fd_writablep, make_socket, poll_error, poll_error_fd,
                      poll_error_identifier, poll_timeout, poll_timeout_event_type, poll_timeout_fd, read_line, type_error,
                      wait_until_fd_ready, write_string, finish_output)


def test_two_values_that_are_true_when_it_is_ready(pair):
    a, b = pair
    for event, values in [("input", (False, False)), ("output", (False, True)), ("io", (False, True))]:
        got = wait_until_fd_ready(b, event, 0)
        assert got == values and bool(got) == any(values)
        assert (got.readable, got.writable) == values
    a.send(b"x")
    for event, values in [("input", (True, False)), ("output", (False, True)), ("io", (True, True))]:
        assert wait_until_fd_ready(b.fileno(), event, 5) == values


def test_time_limits(pair):
    began = time.monotonic()
    assert not wait_until_fd_ready(pair[0], "input", 0.05)
    assert 0.05 <= time.monotonic() - began < 1
    with pytest.raises(poll_timeout) as e:
        wait_until_fd_ready(pair[0], "input", 0.01, True)
    assert poll_timeout_fd(e.value) == pair[0].fileno() and poll_timeout_event_type(e.value) == "input"
    assert isinstance(e.value, TimeoutError)


def test_a_bad_descriptor(pair):
    number = os.dup(pair[0].fileno())
    os.close(number)
    for use in [lambda: wait_until_fd_ready(number, "input", 5), lambda: wait_until_fd_ready(number, "output"),
                lambda: fd_ready_p(number), lambda: fd_readablep(number), lambda: fd_writablep(number)]:
        with pytest.raises(poll_error, match=f"descriptor {number}") as e:
            use()
        assert poll_error_fd(e.value) == number and poll_error_identifier(e.value) == "ebadf"
        assert isinstance(e.value, OSError) and e.value.errno == hy_iolib.ebadf.code


def test_without_poll_it_is_the_same(pair, monkeypatch):
    from hy_iolib.multiplex import readiness
    import hy
    source = pathlib.Path(readiness.__file__).read_text()
    monkeypatch.delattr(select, "poll")
    module = type(readiness)("hy_iolib.multiplex.readiness_by_select")
    module.__file__ = readiness.__file__
    for form in hy.read_many(source, skip_shebang=True):
        hy.eval(form, module=module)
    a, b = pair
    assert module.wait_until_fd_ready(b, "io", 1) == (False, True)
    assert not module.wait_until_fd_ready(b, "input", 0.01)
    a.send(b"x")
    assert module.fd_readablep(b)
    number = os.dup(a.fileno())
    os.close(number)
    for bad in (number, 2000):
        with pytest.raises(module.poll_error):
            module.wait_until_fd_ready(bad, "input", 5)


def test_predicates(pair):
    a, b = pair
    assert (fd_ready_p(b), fd_ready_p(b, "output"), fd_ready_p(b, "io")) == (False, True, True)
    assert fd_readablep(b) is False and fd_writablep(b) is True
    a.send(b"x")
    assert fd_ready_p(b) is True and fd_readablep(b.fileno()) is True


def test_the_end_of_the_file_and_a_failure_do_not_wait(pair, pipe):
    a, b = pair
    a.close()
    assert wait_until_fd_ready(b, "input", 5) == (True, False)
    assert wait_until_fd_ready(b, "io", 5) == (True, True)
    reading, writing = pipe
    os.close(reading)
    assert wait_until_fd_ready(writing, "output", 5) == (False, True)


def test_a_sockets_buffer_counts_and_a_bare_descriptors_does_not(pair_of):
    a, b = pair_of()
    write_string("1\n2\n", a)
    finish_output(a)
    assert read_line(b) == "1"
    assert fd_readablep(b) and not fd_readablep(b.fileno())
    assert wait_until_fd_ready(b, "io") == (True, True)
    read_line(b)
    assert not fd_readablep(b)


def test_closing_ends_the_wait(pair_of, in_thread):
    a, b = pair_of()
    waiting = in_thread(wait_until_fd_ready, b, "input")
    while not b._waiters:
        time.sleep(0.001)
    b.close()
    with pytest.raises(hy_iolib.socket_closed_error):
        waiting()
    with pytest.raises(hy_iolib.socket_closed_error):
        wait_until_fd_ready(b, "input", 0)


def test_numbers_above_1024(pair):
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3000:
        pytest.skip("no more than 3000 descriptors are allowed here")
    a, b = pair
    high = os.dup2(b.fileno(), 2500)
    try:
        assert not wait_until_fd_ready(high, "input", 0.01)
        a.send(b"x")
        assert wait_until_fd_ready(high, "io", 5) == (True, True)
    finally:
        os.close(high)


def test_a_signal_does_not_lengthen_a_wait(pair):
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
    try:
        import threading
        main = threading.get_ident()
        over = threading.Event()

        def disturb():
            while not over.wait(0.01):
                signal.pthread_kill(main, signal.SIGUSR1)
        thread = threading.Thread(target=disturb, daemon=True)
        thread.start()
        began = time.monotonic()
        assert not wait_until_fd_ready(pair[0], "input", 0.2)
        assert 0.2 <= time.monotonic() - began < 0.4 and len(seen) > 3
        over.set()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("arguments, message", [
    (("x", "input"), "fd: 'x'"), ((None, "input"), "fd: None"), ((-1, "input"), "fd: -1"), ((1.0, "input"), "fd: 1.0"),
    ((0, "read"), "event-type.*:input, :output, :io"), ((0, 5), "event-type"), ((0, "input", -1), "timeout: -1"),
    ((0, "input", "1"), "timeout: '1'"), ((0, "input", float("nan")), "timeout: nan")])
def test_wrong_arguments(arguments, message):
    with pytest.raises(type_error, match=message):
        wait_until_fd_ready(*arguments)


def test_a_refused_connection_is_ready(listener):
    place = listener.python_socket.getsockname()
    listener.close()
    with make_socket() as s:
        s.python_socket.connect_ex(place)
        assert wait_until_fd_ready(s, "output", 5) == (False, True)
