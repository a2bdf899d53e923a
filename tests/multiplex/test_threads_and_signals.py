"""What other threads and signal handlers may do to an event base, and what an interrupt leaves."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import conftest
from conftest import Interrupt, interrupt, signalled
from event_bases import base, driver  # noqa: F401  fixtures
from hy_iolib import (add_timer, asyncio_multiplexer, call_in_event_loop, close, event_base_empty_p, event_dispatch,
                      exit_event_loop, make_socket_pair, remove_fd_handlers, remove_timer, send_to, set_io_handler)


def until_waiting(base):
    deadline = time.monotonic() + 10
    while not base._waiting:
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def test_exit_from_another_thread_wakes(driver, base, in_thread):
    def later():
        until_waiting(base)
        exit_event_loop(base)
    ending = in_thread(later)
    began = time.monotonic()
    driver.dispatch(base, timeout=20)
    assert time.monotonic() - began < 5
    ending()


def test_a_timer_from_another_thread_wakes(driver, base, in_thread):
    threads = []

    def timer():
        threads.append(threading.get_ident())
        exit_event_loop(base)

    def later():
        until_waiting(base)
        add_timer(base, timer, 0.01, one_shot=True)
    adding = in_thread(later)
    began = time.monotonic()
    driver.dispatch(base, timeout=20)
    assert time.monotonic() - began < 5 and threads == [threading.get_ident()]
    adding()


def test_calls_from_other_threads(driver, base, in_thread):
    """Each thread's calls come in their order, all in the loop's thread, none is lost or doubled."""
    got, threads = [], set()

    def note(i, j):
        got.append((i, j))
        threads.add(threading.get_ident())
        if len(got) == 4 * 500:
            exit_event_loop(base)

    def ask(i):
        for j in range(500):
            call_in_event_loop(base, note, i, j)
    asking = [in_thread(ask, i) for i in range(4)]
    driver.dispatch(base, timeout=20)
    for a in asking:
        a()
    assert threads == {threading.get_ident()}
    assert [[j for k, j in got if k == i] for i in range(4)] == [list(range(500))] * 4


def test_timers_from_many_threads(driver, base, in_thread):
    """None is lost while the loop runs timers and cleans the removed ones away."""
    ran = []

    def tick():
        ran.append(1)

    def add():
        for i in range(2000):
            add_timer(base, tick, 0.001 * (i % 5), one_shot=True)
            remove_timer(base, add_timer(base, tick, 100))
    churn = add_timer(base, lambda: [remove_timer(base, add_timer(base, tick, 100)) for _ in range(100)], 0.001)
    adding = [in_thread(add) for _ in range(3)]

    def enough():
        if len(ran) == 6000:
            exit_event_loop(base)
    watch = add_timer(base, enough, 0.005)
    driver.dispatch(base, timeout=30)
    for a in adding:
        a()
    assert len(ran) == 6000
    for timer in (churn, watch):
        remove_timer(base, timer)
    driver.dispatch(base, timeout=0.05)
    assert len(ran) == 6000 and event_base_empty_p(base)


def test_closing_a_socket_from_another_thread(driver, base, pair_of, in_thread):
    a, b = pair_of()
    base.exit_when_empty = True
    set_io_handler(base, b, "read", print)

    def later():
        until_waiting(base)
        b.close()
    closing = in_thread(later)
    began = time.monotonic()
    driver.dispatch(base, timeout=20)
    closing()
    assert time.monotonic() - began < 5 and event_base_empty_p(base)


def test_closing_the_base_from_another_thread(driver, base, in_thread):
    if driver.kind is asyncio_multiplexer:
        return  # whose loop belongs to its thread

    def later():
        until_waiting(base)
        close(base)
    closing = in_thread(later)
    began = time.monotonic()
    driver.dispatch(base, timeout=20)
    closing()
    assert time.monotonic() - began < 5 and "closed" in repr(base)


def test_a_signal_handler_may_end_it_and_add_timers(driver, base):
    """System calls go on after a signal: it must be woken by what the handler does."""
    order = []

    def handler(*_):
        if order:
            exit_event_loop(base)
        else:
            add_timer(base, lambda: order.append("timer"), 0, one_shot=True)
    before = signal.signal(signal.SIGUSR1, handler)
    main = threading.get_ident()

    def disturb():
        for seconds in (0.05, 0.1):
            time.sleep(seconds)
            signal.pthread_kill(main, signal.SIGUSR1)
    thread = threading.Thread(target=disturb, daemon=True)
    thread.start()
    try:
        began = time.monotonic()
        driver.dispatch(base, timeout=20)
        assert order == ["timer"] and time.monotonic() - began < 5
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.timeout(120)
def test_interrupts_at_any_moment_leave_it_usable(driver, base, pair_of):
    """Signal handlers that raise, thousands of times: no octet is lost, no timer, and it runs again."""
    if driver.kind is asyncio_multiplexer:
        return  # asyncio's own loop does not survive that
    a, b = pair_of()
    got = bytearray()
    sent = 0
    set_io_handler(base, b, "read", lambda *_: got.extend(conftest_read(b)))
    deadline = time.monotonic() + 10
    conftest.interrupts.clear()
    with signalled(interrupt) as attempt:
        while len(conftest.interrupts) < 1000 and time.monotonic() < deadline:
            send_to(a, bytes([sent % 256]))
            sent += 1
            attempt(lambda: event_dispatch(base, timeout=0.001))
            assert not base._running and not base._waiting and not base._exit
    assert len(conftest.interrupts) > 100
    ticks = []
    add_timer(base, lambda: ticks.append(1), 0.001, one_shot=True)
    event_dispatch(base, timeout=0.1)
    assert ticks == [1]
    # One octet may be lost with each interrupt between a system call in the handler and its list.
    assert sent - len(conftest.interrupts) <= len(got) <= sent
    assert remove_fd_handlers(base, b) and event_base_empty_p(base)


def conftest_read(s):
    return s.python_socket.recv(100)


SERVER = """
import signal
from hy_iolib import *
# Started in the background of a shell, it would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
base = event_base()
with make_socket(connect="passive", local_host="127.0.0.1") as server:
    set_io_handler(base, server, "read", print)
    add_timer(base, lambda: None, 0.01)
    # Said by the loop: before it begins, an interrupt is not its business.
    add_timer(base, lambda: print("ready", flush=True), 0, one_shot=True)
    try:
        event_dispatch(base)
    except KeyboardInterrupt:
        ended = []
        add_timer(base, lambda: ended.append(1), 0.01)
        event_dispatch(base, one_shot=True)
        event_dispatch(base, timeout=0.05)
        print("interrupted", bool(ended), fd_monitored_p(base, server, "read"))
close(base)
"""


def test_sigint_ends_a_dispatch_cleanly():
    with subprocess.Popen([sys.executable, "-X", "dev", "-c", SERVER], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("interrupted True True\n", "", 0)
