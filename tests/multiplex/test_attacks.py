"""What an attack on the event base found: each of these went wrong once."""

import asyncio
import gc
import io
import os
import random
import signal
import socket as python
import sys
import threading
import time
import weakref

import pytest

import hy_iolib
from conftest import interrupt, signalled
from event_bases import base, driver, pair, pipe  # noqa: F401  fixtures
from hy_iolib import (add_timer, asyncio_multiplexer, call_in_event_loop, close, event_base, event_base_empty_p,
                      event_base_error, event_dispatch, exit_event_loop, fd_monitored_p, finish_output, listen, read_char,
                      read_line, remove_fd_handlers, remove_timer, set_error_handler, set_io_handler, write_line, write_string)
from hy_iolib.multiplex.monitoring import monitored


def is_quiet(driver, base, seconds=0.2):
    """Dispatch, which must not take the processor."""
    began = time.process_time()
    driver.dispatch(base, timeout=seconds)
    assert time.process_time() - began < seconds / 2, "it spins"


def test_removing_both_handlers_of_what_is_closed(driver, base, pair):
    a, b = pair
    number = b.fileno()
    for event in ("read", "write"):
        set_io_handler(base, number, event, print)
    b.close()
    assert remove_fd_handlers(base, number, read=True, write=True) is True
    assert event_base_empty_p(base)


@pytest.mark.parametrize("removed", [False, True])
def test_a_number_that_is_reused_while_a_duplicate_lives(driver, base, removed):
    """The system tells of the old one under the new one's number."""
    if not isinstance(base.mux, hy_iolib.epoll_multiplexer):
        return
    a, b = python.socketpair()
    c, d = python.socketpair()
    old, new = [], []
    number = b.fileno()
    set_io_handler(base, number, "read", lambda *arguments: old.append(arguments))
    duplicate = os.dup(number)
    b.close()
    if removed:
        remove_fd_handlers(base, number)
    os.dup2(d.fileno(), number)

    def handler(*arguments):
        new.append(arguments)
        os.read(number, 10)
    os.set_blocking(number, False)
    set_io_handler(base, number, "read", handler)
    a.send(b"for the old one")
    is_quiet(driver, base)
    assert old == ([] if removed else [(number, "read", "error")]) and new == []
    c.send(b"x")
    driver.dispatch(base, one_shot=True, timeout=5)
    assert new == [(number, "read", None)]
    remove_fd_handlers(base, number)
    for s in (a, c, d):
        s.close()
    os.close(number)
    os.close(duplicate)


def test_a_hangup_while_the_handler_is_muted(driver, pair):
    base = driver.new_base(write_interval_threshold=2)
    a, b = pair
    set_io_handler(base, b, "write", lambda *_: None)
    set_error_handler(base, b, lambda *_: None)
    a.close()
    is_quiet(driver, base)


def test_who_removes_is_told_no_more(driver, base, pipe):
    reading, writing = pipe
    told = []

    def handler(fd, event, exception):
        told.append(event)
        assert remove_fd_handlers(base, fd) is True
    set_io_handler(base, reading, "read", handler)
    set_error_handler(base, reading, handler)
    os.close(reading)
    driver.dispatch(base, timeout=0.1)
    assert told == ["read"]


def test_a_base_that_is_closed_tells_no_more(driver, base, pipe):
    if driver.kind is asyncio_multiplexer:
        return  # where it is told, and closes, before it is dispatched
    reading, writing = pipe
    told = []
    for event in ("read", "write"):
        set_io_handler(base, writing if event == "write" else reading, event, lambda *a: (told.append(a), base.close()))
    os.close(reading)
    os.close(writing)
    driver.dispatch(base, timeout=0.1)
    assert len(told) == 1


def test_a_handler_that_fails_before_it_reads_is_called_again(driver, base, pair_of):
    a, b = pair_of()
    lines, failing = [], [2]

    def handler(*_):
        failing[0] -= 1
        if failing[0] == 0:
            raise KeyError("once")
        lines.append(read_line(b))
    set_io_handler(base, b, "read", handler)
    write_string("1\n2\n3\n", a)
    finish_output(a)
    with pytest.raises(KeyError):
        driver.dispatch(base, timeout=5)
    driver.dispatch(base, timeout=0.05)
    assert lines == ["1", "2", "3"]


def test_a_timer_of_no_time_runs_once_a_step(driver, base):
    calls = []
    add_timer(base, lambda: calls.append(1), 0)
    for _ in range(100):
        add_timer(base, print, 1000)
    driver.dispatch(base, one_shot=True, timeout=5)
    assert len(calls) < 10


def test_a_timer_that_another_thread_removes_stays_removed(driver, base, in_thread):
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def step_ends():
        ended = threading.Event()
        call_in_event_loop(base, ended.set)
        assert ended.wait(20)

    def churn():
        end = time.monotonic() + 1.5
        try:
            while time.monotonic() < end:
                calls = [0]

                def tick(calls=calls):
                    calls[0] += 1
                timer = add_timer(base, tick, 0)
                while not calls[0]:
                    time.sleep(0)
                remove_timer(base, timer)
                step_ends()  # it may have been about to be called
                count = calls[0]
                step_ends()
                step_ends()
                assert calls[0] == count, "it runs again"
        finally:
            exit_event_loop(base)
    churning = in_thread(churn)
    try:
        driver.dispatch(base, timeout=20)
        churning()
    finally:
        sys.setswitchinterval(before)


def test_removing_the_last_timer_or_handler_from_elsewhere_ends_it(driver, pair, in_thread):
    base = driver.new_base(exit_when_empty=True)
    for make, remove in [(lambda: add_timer(base, print, 30, one_shot=True), lambda x: remove_timer(base, x)),
                         (lambda: set_io_handler(base, pair[0], "read", print),
                          lambda x: remove_fd_handlers(base, pair[0]))]:
        made = make()

        def later():
            while not base._waiting:
                time.sleep(0.001)
            time.sleep(0.02)
            remove(made)
        removing = in_thread(later)
        began = time.monotonic()
        driver.dispatch(base, timeout=20)
        removing()
        assert time.monotonic() - began < 5


def test_buffers_of_one_octet(driver, base, pair_of):
    """Bytes of one octet are one object, whatever input they are."""
    a, b = pair_of(input_buffer_size=1)
    got = []

    def handler(*_):
        got.append(read_char(b))
        listen(b)
    set_io_handler(base, b, "read", handler)
    write_string("aaaa", a)
    finish_output(a)
    driver.dispatch(base, timeout=0.1)
    assert got == ["a"] * 4


def test_a_handler_set_anew_while_an_error_is_told(driver, base):
    ready, go = os.pipe()
    reading, writing = os.pipe()
    told = []

    def other(*_):
        os.read(ready, 1)
        remove_fd_handlers(base, writing)
        set_io_handler(base, writing, "write", lambda *a: told.append(a))
    set_io_handler(base, ready, "read", other)
    set_io_handler(base, writing, "write", lambda *_: None)
    os.write(go, b"x")
    os.close(reading)
    driver.dispatch(base, timeout=0.1)
    assert told == [(writing, "write", "error")] or not fd_monitored_p(base, writing, "write")
    base.close()
    for fd in (ready, go, writing):
        os.close(fd)


def test_what_a_removed_handler_held_is_free(driver, base, pair_of):
    class Buffer(bytearray):
        pass

    held = []
    for _ in range(10):
        a, b = pair_of()
        buffer = Buffer(100)
        set_io_handler(base, b, "read", lambda *_, buffer=buffer: None, timeout=3600)
        timer = add_timer(base, lambda buffer=buffer: None, 3600)
        held.append(weakref.ref(buffer))
        remove_timer(base, timer)
        b.close()
    del buffer, a, b
    gc.collect()
    driver.dispatch(base, timeout=0)
    assert [r() for r in held] == [None] * 10


@pytest.mark.timeout(120)
def test_interrupts_while_handlers_are_set(pair):
    a, b = pair
    a.send(b"x")
    deadline = time.monotonic() + 10
    with signalled(interrupt) as attempt:
        for _ in range(1500):
            if time.monotonic() > deadline:
                break
            with event_base() as base:
                called = []

                def work():
                    for _ in range(5):
                        remove_fd_handlers(base, b)
                        set_io_handler(base, b, "read", lambda *_: called.append(1), timeout=5)
                attempt(work)
                if fd_monitored_p(base, b, "read"):
                    event_dispatch(base, one_shot=True, timeout=5)
                    event_dispatch(base, one_shot=True, timeout=5)
                    assert called
                else:
                    is_quiet_base(base)
                    set_io_handler(base, b, "read", lambda *_: called.append(1))
                    event_dispatch(base, one_shot=True, timeout=5)
                    assert called
    assert not monitored


def is_quiet_base(base):
    calls = []
    began = time.process_time()
    event_dispatch(base, timeout=0.002)
    assert time.process_time() - began < 0.05 and not calls


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_does_not_go_on_with_its_parents_step(driver, base):
    if driver.kind is asyncio_multiplexer:
        return
    pairs = [python.socketpair() for _ in range(3)]
    called, children = [], []

    def handler(s):
        def handle(*_):
            called.append(s.recv(10))
            if not children:
                children.append(os.fork())
                called.clear()
        return handle
    for a, b in pairs:
        set_io_handler(base, b, "read", handler(b))
        a.send(b"x")
    call_in_event_loop(base, called.append, "call")
    add_timer(base, lambda: called.append("timer"), 0, one_shot=True)
    try:
        driver.dispatch(base, timeout=0.1)
    except event_base_error:
        os._exit(1 if called else 0)
    if children == [0]:
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
    assert sorted(map(str, called)) == ["b'x'", "b'x'", "call", "timer"]
    for p in pairs:
        for s in p:
            s.close()


def test_sockets_close_when_the_loop_of_asyncio_is_gone(pair_of):
    a, b = pair_of()

    async def main():
        base = event_base(mux=asyncio_multiplexer)
        set_io_handler(base, b, "read", print)
        await event_dispatch(base, timeout=0.01)
        return base
    base = asyncio.run(main())
    b.close()
    with pytest.raises(hy_iolib.type_error, match="closed"):
        event_dispatch(base)
    add_timer(base, print, 1)
    close(base)


def test_an_interrupt_in_a_handler_on_asyncio():
    loop = asyncio.new_event_loop()
    base = event_base(mux=asyncio_multiplexer(loop))
    ticks = []

    def tick():
        ticks.append(1)
        if len(ticks) == 2:
            raise KeyboardInterrupt
    add_timer(base, tick, 0.01)
    future = event_dispatch(base, timeout=0.1)
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(future)
    loop.run_until_complete(asyncio.wait_for(asyncio.shield(future), 5))
    assert len(ticks) > 2
    base.close()
    loop.close()


def test_odd_files(base, tmp_path):
    with open(tmp_path / "x", "w") as closed:
        pass
    for odd in (closed, io.StringIO()):
        with pytest.raises(hy_iolib.type_error, match="fd: "):
            set_io_handler(base, odd, "read", print)
        assert remove_fd_handlers(base, odd) is False and fd_monitored_p(base, odd, "read") is False
    with pytest.raises(hy_iolib.type_error, match="fd: "):
        set_io_handler(base, type("Odd", (), {"fileno": 3})(), "read", print)


def test_the_base_of_the_multiplexers():
    with pytest.raises(TypeError, match="base of the multiplexers"):
        event_base(mux=hy_iolib.multiplexer)


def test_a_signal_handler_that_removes_a_timer(base):
    if base.mux.dispatch is not None:
        return
    calls = [0]

    def tick():
        calls[0] += 1
    end = time.monotonic() + 1
    while time.monotonic() < end:
        timer = add_timer(base, tick, 0)
        before = signal.signal(signal.SIGALRM, lambda *_: remove_timer(base, timer))
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 3e-4))
            event_dispatch(base, timeout=0.001)
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.signal(signal.SIGALRM, before)
        remove_timer(base, timer)
        count = calls[0]
        event_dispatch(base, timeout=0.0005)
        assert calls[0] == count


def test_handlers_that_are_gone_are_not_kept_for_the_next_dispatch(driver):
    base = driver.new_base()
    sockets = []
    for _ in range(10):
        a, b = hy_iolib.make_socket_pair()
        set_io_handler(base, a, "read", print)
        set_io_handler(base, b, "write", print)
        remove_fd_handlers(base, b, write=True)
        sockets.append(weakref.ref(a))
        close(a), close(b)
    del a, b
    assert not base._fresh and not any(reference() for reference in sockets)
