"""What an event base does, on each multiplexer: handlers, timers, when `event-dispatch` ends."""

import gc
import os
import socket as python
import struct
import time
import warnings

import pytest

from event_bases import base, driver, listener, pair, pipe  # noqa: F401  fixtures
import hy_iolib
from hy_iolib import (accept_connection, add_timer, asyncio_multiplexer, call_in_event_loop, close, event_base,
                      event_base_empty_p, event_base_error, event_dispatch, exit_event_loop, fd_monitored_p, finish_output,
                      make_socket, make_socket_pair, read_byte, read_line, receive_from, remove_fd_handlers, remove_timer,
                      send_to, set_error_handler, set_io_handler, type_error, write_line, write_string)
from hy_iolib.multiplex.monitoring import monitored


class Calls(list):
    """A handler that keeps what it was called with, and does what it is told."""

    def __init__(self, then=lambda: None):
        self.then = then

    def __call__(self, *arguments):
        self.append(arguments)
        self.then()


def steps(driver, base, seconds=0.05):
    driver.dispatch(base, timeout=seconds)


# ---- Handlers

def test_a_read_handler_gets_descriptor_event_and_none(driver, base, pair):
    a, b = pair
    got = Calls(lambda: b.recv(10))
    set_io_handler(base, b.fileno(), "read", got)
    steps(driver, base, 0.02)
    assert got == []
    a.send(b"x")
    driver.dispatch(base, one_shot=True, timeout=5)
    assert got == [(b.fileno(), "read", None)]
    a.send(b"y")
    driver.dispatch(base, one_shot=True, timeout=5)
    assert len(got) == 2


def test_what_is_ready_is_told_until_it_is_dealt_with(driver, base, pair):
    a, b = pair
    a.send(b"x")
    got = Calls(lambda: len(got) == 3 and exit_event_loop(base))
    set_io_handler(base, b, "read", got)
    driver.dispatch(base, timeout=5)
    assert len(got) == 3


def test_a_write_handler(driver, base, pair):
    a, b = pair
    got = Calls()
    set_io_handler(base, b, "write", got)
    driver.dispatch(base, one_shot=True, timeout=5)
    assert got == [(b.fileno(), "write", None)]


def test_both_events_of_one_descriptor(driver, base, pair):
    a, b = pair
    a.send(b"x")
    read, write = Calls(), Calls()
    set_io_handler(base, b, "read", read)
    set_io_handler(base, b, "write", write, one_shot=True)
    steps(driver, base, 0.02)
    assert read and write == [(b.fileno(), "write", None)]
    assert fd_monitored_p(base, b, "read") and not fd_monitored_p(base, b, "write")


def test_the_peers_close_is_read(driver, base, pair):
    a, b = pair
    got = Calls(lambda: remove_fd_handlers(base, b))
    set_io_handler(base, b, "read", got)
    a.close()
    steps(driver, base)
    assert got == [(b.fileno(), "read", None)]


def test_half_closed_is_read_and_can_be_written(driver, base, pair):
    a, b = pair
    a.shutdown(python.SHUT_WR)
    read, write = Calls(lambda: remove_fd_handlers(base, b, read=True)), Calls(lambda: b.send(b"x"))
    set_io_handler(base, b, "read", read)
    set_io_handler(base, b, "write", write, one_shot=True)
    steps(driver, base)
    assert read == [(b.fileno(), "read", None)] and write == [(b.fileno(), "write", None)]
    assert a.recv(10) == b"x"


def test_a_second_handler_for_an_event_is_an_error(base, pair):
    set_io_handler(base, pair[0], "read", print)
    with pytest.raises(type_error, match="without a handler"):
        set_io_handler(base, pair[0].fileno(), "read", print)
    set_io_handler(base, pair[0], "write", print)
    set_error_handler(base, pair[0], print)
    with pytest.raises(type_error):
        set_error_handler(base, pair[0], print)


def test_one_shot_handlers_are_called_once(driver, base, pair):
    a, b = pair
    a.send(b"x")
    got = Calls()
    set_io_handler(base, b, "read", got, one_shot=True)
    steps(driver, base)
    assert len(got) == 1 and not fd_monitored_p(base, b, "read") and event_base_empty_p(base)


def test_a_one_shot_handler_can_set_itself_again(driver, base, pair):
    a, b = pair
    a.send(b"abc")
    got = []

    def handler(fd, event, exception):
        got.append(b.recv(1))
        if len(got) < 3:
            set_io_handler(base, b, "read", handler, one_shot=True)
    set_io_handler(base, b, "read", handler, one_shot=True)
    steps(driver, base)
    assert got == [b"a", b"b", b"c"] and event_base_empty_p(base)


def test_time_outs_again_and_again_while_idle(driver, base, pair):
    a, b = pair
    got = Calls()
    set_io_handler(base, b, "read", got, timeout=0.02)
    steps(driver, base, 0.11)
    assert 3 <= len(got) <= 5 and set(got) == {(b.fileno(), "read", "timeout")}
    assert fd_monitored_p(base, b, "read")


def test_events_put_the_time_out_off(driver, base, pair):
    a, b = pair
    told = []

    def handler(fd, event, exception):
        told.append(exception)
        if exception is None:
            b.recv(1)
    set_io_handler(base, b, "read", handler, timeout=0.1)
    feeder = add_timer(base, lambda: a.send(b"x"), 0.02)
    add_timer(base, lambda: remove_timer(base, feeder), 0.25, one_shot=True)
    driver.dispatch(base, timeout=0.3)
    assert told and set(told) == {None}
    driver.dispatch(base, timeout=0.15)
    assert told[-1] == "timeout"


def test_a_time_out_counts_for_one_shot(driver, base, pair):
    got = Calls()
    set_io_handler(base, pair[0], "read", got, timeout=0.01, one_shot=True)
    steps(driver, base)
    assert got == [(pair[0].fileno(), "read", "timeout")] and event_base_empty_p(base)


def test_remove_fd_handlers_says_whether_there_was_one(base, pair):
    a, b = pair
    assert remove_fd_handlers(base, None) is False
    assert remove_fd_handlers(base, a) is False
    for event in ("read", "write"):
        set_io_handler(base, a, event, print)
    set_error_handler(base, a, print)
    assert remove_fd_handlers(base, a, write=True) is True
    assert remove_fd_handlers(base, a, write=True) is False
    assert [fd_monitored_p(base, a, e) for e in ("read", "write", "error")] == [True, False, True]
    assert remove_fd_handlers(base, a.fileno()) is True
    assert event_base_empty_p(base) and not monitored


def test_keywords_say_the_event_too(driver, base, pair):
    a, b = pair
    read, write = Calls(), Calls()
    set_io_handler(base, b, read=read)
    set_io_handler(base, b, write=write, one_shot=True)
    a.send(b"x")
    steps(driver, base, 0.01)
    assert read[0] == (b.fileno(), "read", None) and write == [(b.fileno(), "write", None)]


# ---- Errors

@pytest.fixture
def refused(listener):
    """A socket whose connection has been refused."""
    place = listener.python_socket.getsockname()
    listener.close()
    s = python.socket()
    with s:
        s.setblocking(False)
        s.connect_ex(place)
        yield s


def test_a_refused_connection_is_a_write_with_error(driver, base, refused):
    got = Calls(lambda: remove_fd_handlers(base, refused))
    set_io_handler(base, refused, "write", got)
    steps(driver, base)
    assert got == [(refused.fileno(), "write", "error")]


def test_an_error_that_nobody_deals_with_is_told_once(driver, base, pipe):
    reading, writing = pipe
    os.close(reading)
    got, errors = Calls(), Calls()
    set_io_handler(base, writing, "write", got)
    set_error_handler(base, writing, errors)
    steps(driver, base)
    assert got == [(writing, "write", "error")] and errors == [(writing, "error", "error")]
    assert event_base_empty_p(base)


def test_an_error_that_is_dealt_with_leaves_the_handler(driver, base):
    """As of a UDP server that somebody's closed port is told of."""
    with python.socket(python.AF_INET, python.SOCK_DGRAM) as s, \
            python.socket(python.AF_INET, python.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = nobody.getsockname()
        s.connect(place)
        s.setblocking(False)
        told = []

        def handler(fd, event, exception):
            told.append(exception)
            try:
                s.recv(10)
            except ConnectionRefusedError:
                pass
        set_io_handler(base, s, "read", handler)
        nobody.close()
        s.send(b"x")
        steps(driver, base)
        assert told == ["error"] and fd_monitored_p(base, s, "read")
        with python.socket(python.AF_INET, python.SOCK_DGRAM) as again:
            again.bind(place)
            again.sendto(b"y", s.getsockname())
            steps(driver, base)
        assert told == ["error", None]


def test_what_came_before_a_reset_can_be_read_piece_by_piece(driver, base, listener):
    client = python.create_connection(listener.python_socket.getsockname())
    with accept_connection(listener, timeout=5) as server:
        client.send(b"abcdef")
        assert hy_iolib.wait_until_fd_ready(server, "input", 5)
        client.setsockopt(python.SOL_SOCKET, python.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        got = []

        def handler(fd, event, exception):
            try:
                got.append(bytes(receive_from(server, size=2).data))
            except hy_iolib.socket_connection_reset_error:
                got.append("reset")
                remove_fd_handlers(base, server)
        set_io_handler(base, server, "read", handler)
        steps(driver, base)
        assert got[-1] == "reset" and got[:-1] in ([], [b"ab", b"cd", b"ef"])


def test_an_error_handler_alone_hears_of_an_error(driver, base, pipe):
    if driver.kind in (hy_iolib.select_multiplexer, asyncio_multiplexer):
        return  # they can't be asked for errors alone, as their docstrings say
    reading, writing = pipe
    got = Calls()
    set_error_handler(base, writing, got)
    steps(driver, base, 0.02)
    assert got == []
    os.close(reading)
    steps(driver, base)
    assert got == [(writing, "error", "error")] and event_base_empty_p(base)


def test_an_error_of_a_handler_leaves_dispatch_and_nothing_is_lost(driver, base, pair):
    a, b = pair
    with python.socket() as _:
        c, d = python.socketpair()
        with c, d:
            failing = [True]
            heard = []

            def handler(s):
                def handle(fd, event, exception):
                    if failing:
                        failing.clear()
                        raise KeyError("mine")
                    heard.append(s.recv(10))
                return handle
            for s in (b, d):
                set_io_handler(base, s, "read", handler(s))
            late = Calls()
            add_timer(base, late, 0, one_shot=True)
            call_in_event_loop(base, late, 1)
            a.send(b"1")
            c.send(b"2")
            with pytest.raises(KeyError, match="mine"):
                driver.dispatch(base, timeout=5)
            steps(driver, base)
            assert sorted(heard) == [b"1", b"2"] and sorted(late) == [(), (1,)]


# ---- Handlers that change things while events are dispatched

def open_at(number):
    """A new socket pair, one end of which has this NUMBER."""
    a, b = python.socketpair()
    if a.fileno() == number:
        return a, b
    if b.fileno() == number:
        return b, a
    os.dup2(a.fileno(), number)
    a.close()
    return python.socket(fileno=number), b


def test_closing_another_and_reusing_its_number(driver, base):
    """Both are ready: whoever comes first closes the other, opens another descriptor of its number,
    and sets a handler: that one is not called for the event of the closed one."""
    pairs = [python.socketpair() for _ in range(2)]
    stale, new, kept = [], [], []

    def first(mine, other):
        def handler(fd, event, exception):
            assert mine.fileno() == fd, "a handler of what is closed"
            mine.recv(10)
            number = other.fileno()
            remove_fd_handlers(base, other)
            other.close()
            ours, peer = open_at(number)
            new.extend([ours, peer])
            set_io_handler(base, number, "read", lambda *a: stale.append(a))
            exit_event_loop(base)
        return handler

    for (a, b), (c, d) in (pairs, reversed(pairs)):
        set_io_handler(base, b, "read", first(b, d))
        a.send(b"x")
        kept.extend([a, c])
    driver.dispatch(base, timeout=5)
    steps(driver, base, 0.02)
    assert len(new) == 2 and stale == []
    new[1].send(b"for the new one")
    driver.dispatch(base, one_shot=True, timeout=5)
    assert len(stale) == 1
    for s in [s for p in pairs for s in p] + new:
        s.close()


def test_removing_anothers_handler(driver, base):
    pairs = [python.socketpair() for _ in range(5)]
    called = []

    def handler(fd, event, exception):
        called.append(fd)
        for _, b in pairs:
            remove_fd_handlers(base, b)
    for a, b in pairs:
        set_io_handler(base, b, "read", handler)
        a.send(b"x")
    steps(driver, base, 0.02)
    assert len(called) == 1 and event_base_empty_p(base)
    for p in pairs:
        for s in p:
            s.close()


def test_setting_a_handler_within_a_handler(driver, base, pair):
    a, b = pair
    order = []

    def first(*_):
        order.append("first")
        remove_fd_handlers(base, b)
        set_io_handler(base, b, "read", second)

    def second(*_):
        order.append("second")
        b.recv(10)
    set_io_handler(base, b, "read", first)
    a.send(b"x")
    driver.dispatch(base, one_shot=True, timeout=5)
    assert order == ["first"]
    steps(driver, base, 0.02)
    assert order == ["first", "second"]


def test_closing_our_socket_drops_its_handlers_first(driver, base, listener):
    for by_number in (False, True):
        a, b = make_socket_pair()
        set_io_handler(base, b.fileno() if by_number else b, "read", print)
        set_error_handler(base, b, print)
        b.close()
        assert event_base_empty_p(base) and not monitored
        a.close()
    set_io_handler(base, listener, "read", lambda *_: listener.close(), timeout=10)
    with python.create_connection(listener.python_socket.getsockname()):
        driver.dispatch(base, one_shot=True, timeout=5)
    assert event_base_empty_p(base)


def test_closing_in_the_midst_of_a_step(driver, base):
    pairs = [make_socket_pair() for _ in range(4)]
    called = []

    def handler(mine):
        def handle(fd, event, exception):
            called.append(mine)
            for _, b in pairs:
                b.close()
        return handle
    for a, b in pairs:
        set_io_handler(base, b, "read", handler(b))
        send_to(a, b"x")
    steps(driver, base, 0.02)
    assert len(called) == 1 and event_base_empty_p(base)
    for a, _ in pairs:
        a.close()


# ---- Descriptors that are closed without a word

def test_closed_without_a_word_is_told_once(driver, base, pipe):
    reading, writing = pipe
    got, errors = Calls(), Calls()
    set_io_handler(base, reading, "read", got)
    set_error_handler(base, reading, errors)
    os.close(reading)
    began = time.process_time()
    steps(driver, base, 0.2)
    assert time.process_time() - began < 0.1, "it spins"
    assert got == [(reading, "read", "error")] and errors == [(reading, "error", "error")]
    assert event_base_empty_p(base) and not monitored


def test_closed_without_a_word_and_a_time_limit(driver, base, pipe):
    reading, writing = pipe
    got = Calls()
    set_io_handler(base, reading, "read", got, timeout=0.02)
    busy = add_timer(base, lambda: None, 0.001)
    os.close(reading)
    steps(driver, base, 0.2)
    remove_timer(base, busy)
    assert got == [(reading, "read", "error")] and event_base_empty_p(base)


def test_a_descriptor_that_is_not_open(base):
    # Below and above the end of the kernel's table of descriptors.
    for number in (200, 999):
        with pytest.raises(OSError):
            os.fstat(number)
        with pytest.raises(hy_iolib.ebadf):
            set_io_handler(base, number, "read", print)
    assert event_base_empty_p(base)


def test_closed_without_a_word_and_changed(driver, base, pipe):
    reading, writing = pipe
    got = Calls()
    set_io_handler(base, reading, "read", got)
    os.close(reading)
    more = Calls()
    if base.mux.sees_closed:
        set_io_handler(base, reading, "write", more)
    else:
        with pytest.raises(hy_iolib.ebadf):
            set_io_handler(base, reading, "write", more)
    steps(driver, base)
    assert got == [(reading, "read", "error")] and event_base_empty_p(base)
    assert more == ([(reading, "write", "error")] if base.mux.sees_closed else [])


def test_closed_without_a_word_and_removed(driver, base, pipe):
    reading, writing = pipe
    got = Calls()
    set_io_handler(base, reading, "read", got)
    os.close(reading)
    assert remove_fd_handlers(base, reading)
    steps(driver, base)
    assert got == [] and event_base_empty_p(base)


def test_a_reused_number_gets_its_own_handler(driver, base, pair):
    """epoll can tell that its number has another owner by now."""
    if driver.kind is not hy_iolib.epoll_multiplexer:
        return
    a, b = pair
    old, new = Calls(), Calls()
    set_io_handler(base, b.fileno(), "read", old)
    number = b.detach()
    os.close(number)
    ours, peer = open_at(number)
    with ours, peer:
        set_io_handler(base, number, "read", new)
        peer.send(b"x")
        steps(driver, base, 0.02)
        assert old == [(number, "read", "error")] and set(new) == {(number, "read", None)}


def test_a_duplicate_keeps_it_alive(driver, base, pair):
    """The system goes on to tell of a closed descriptor while a duplicate is open: no spinning."""
    if driver.kind is asyncio_multiplexer:
        return  # asyncio's own loop spins
    a, b = pair
    number = b.fileno()
    duplicate = os.dup(number)
    set_io_handler(base, number, "read", print)
    b.close()
    remove_fd_handlers(base, number)
    a.send(b"x")
    other = Calls()
    c, d = python.socketpair()
    with c, d:
        set_io_handler(base, d, "read", other)
        began = time.process_time()
        steps(driver, base, 0.2)
        assert time.process_time() - began < 0.1, "it spins"
        c.send(b"y")
        driver.dispatch(base, one_shot=True, timeout=5)
        assert other == [(d.fileno(), "read", None)]
    os.close(duplicate)


# ---- Streams

def test_a_socket_objects_buffer_is_looked_at(driver, base, pair_of):
    a, b = pair_of()
    lines = []
    set_io_handler(base, b, "read", lambda *_: lines.append(read_line(b)))
    write_string("1\n2\n3\n", a)
    finish_output(a)
    steps(driver, base)
    assert lines == ["1", "2", "3"]


def test_a_bare_descriptor_is_not_looked_behind(driver, base, pair_of):
    a, b = pair_of()
    lines = []
    set_io_handler(base, b.fileno(), "read", lambda *_: lines.append(read_line(b)))
    write_string("1\n2\n3\n", a)
    finish_output(a)
    steps(driver, base)
    assert lines == ["1"]


def test_what_was_read_before_the_handler_was_set(driver, base, pair_of):
    a, b = pair_of()
    write_string("1\n2\n3\n", a)
    finish_output(a)
    lines = [read_line(b)]
    set_io_handler(base, b, "read", lambda *_: lines.append(read_line(b)))
    steps(driver, base)
    assert lines == ["1", "2", "3"]


def test_a_buffer_that_nobody_reads_is_no_spin(driver, base, pair_of):
    a, b = pair_of()
    calls = Calls(lambda: hy_iolib.read_char_no_hang(b))
    send_to(a, "é".encode()[:1])
    set_io_handler(base, b, "read", calls)
    steps(driver, base, 0.1)
    assert 1 <= len(calls) <= 3
    send_to(a, "é".encode()[1:])
    driver.dispatch(base, one_shot=True, timeout=5)
    assert hy_iolib.input_buffer_empty_p(b)


def test_others_are_served_while_a_buffer_is_emptied(driver, base, pair_of, pair):
    a, b = pair_of()
    order = []
    send_to(a, bytes(1000))

    def octet(*_):
        order.append("octet")
        read_byte(b)

    set_io_handler(base, b, "read", octet)

    def other(*_):
        order.append("other")
        pair[1].recv(1)

    set_io_handler(base, pair[1], "read", other)
    pair[0].send(b"x" * 5)
    driver.dispatch(base, timeout=0.5)
    assert order.count("octet") == 1000 and order.count("other") == 5
    assert order.index("other") < 10


def test_a_pipes_stream(driver, base, pipe):
    stream = hy_iolib.dual_channel_gray_stream(os.dup(pipe[0]))
    with stream:
        lines = []
        set_io_handler(base, stream, "read", lambda *_: lines.append(read_line(stream, None)))
        os.write(pipe[1], b"1\n2\n")
        steps(driver, base)
        assert lines == ["1", "2"]
    assert event_base_empty_p(base)


# ---- Timers

def test_timers_repeat_unless_one_shot(driver, base):
    often, once = Calls(), Calls()
    timer = add_timer(base, often, 0.02)
    add_timer(base, once, 0.02, one_shot=True)
    steps(driver, base, 0.11)
    assert 4 <= len(often) <= 5 and once == [()]
    assert remove_timer(base, timer) is True and remove_timer(base, timer) is False
    steps(driver, base, 0.05)
    assert len(often) <= 5 and event_base_empty_p(base)


def test_timers_run_in_the_order_of_their_deadlines(driver, base):
    order = []
    for i, seconds in enumerate([0.03, 0.01, 0.02, 0, 0.01, 1e-9]):
        add_timer(base, lambda i=i: order.append(i), seconds, one_shot=True)
    time.sleep(0.04)  # all are due at once
    driver.dispatch(base, timeout=0.01)
    assert order == [3, 5, 1, 4, 2, 0]


def test_what_a_timer_missed_is_not_made_up_for(driver, base):
    ticks = []

    def tick():
        ticks.append(time.monotonic())
        if len(ticks) == 1:
            time.sleep(0.1)
    add_timer(base, tick, 0.01)
    driver.dispatch(base, timeout=0.135)
    assert 2 <= len(ticks) <= 4


def test_a_timer_of_no_time_starves_nobody(driver, base, pair):
    a, b = pair
    got = Calls(lambda: exit_event_loop(base))
    add_timer(base, lambda: None, 0)
    set_io_handler(base, b, "read", got)
    a.send(b"x")
    driver.dispatch(base, timeout=5)
    assert got == [(b.fileno(), "read", None)]


def test_timers_that_add_and_remove_timers(driver, base):
    order = []
    victim = add_timer(base, lambda: order.append("victim"), 0.01, one_shot=True)

    def first():
        order.append("first")
        remove_timer(base, victim)
        add_timer(base, lambda: order.append("added"), 0, one_shot=True)
    add_timer(base, first, 0.005, one_shot=True)
    steps(driver, base)
    assert order == ["first", "added"]


def test_a_timer_that_removes_itself(driver, base):
    calls = Calls(lambda: remove_timer(base, timer))
    timer = add_timer(base, calls, 0.001)
    steps(driver, base)
    assert calls == [()]


def test_an_error_in_a_timer(driver, base):
    def fail():
        raise KeyError("timer")
    add_timer(base, fail, 0.01, one_shot=True)
    after = Calls()
    add_timer(base, after, 0.01, one_shot=True)
    with pytest.raises(KeyError, match="timer"):
        driver.dispatch(base, timeout=5)
    steps(driver, base, 0.01)
    assert after == [()] and event_base_empty_p(base)


def test_many_timers_removed_leave_nothing(driver, base):
    kept = Calls()
    add_timer(base, kept, 0.001, one_shot=True)
    for _ in range(3):
        timers = [add_timer(base, print, 1000.0) for _ in range(5000)]
        for timer in timers:
            remove_timer(base, timer)
    assert len(base._schedule.heap) < 1000
    steps(driver, base, 0.02)
    assert kept == [()] and event_base_empty_p(base)


# ---- When event-dispatch ends

def elapsed(function):
    began = time.monotonic()
    function()
    return time.monotonic() - began


def test_it_ends_after_its_time_limit(driver, base, pair):
    set_io_handler(base, pair[0], "read", print)
    assert 0.05 <= elapsed(lambda: driver.dispatch(base, timeout=0.05)) < 0.5
    assert elapsed(lambda: driver.dispatch(base, timeout=0)) < 0.5


def test_the_default_time_limit(driver, base):
    with hy_iolib.default_event_loop_timeout.let(0.03):
        assert 0.03 <= elapsed(lambda: driver.dispatch(base)) < 0.5


def test_a_busy_loop_ends_after_its_time_limit(driver, base, pair):
    set_io_handler(base, pair[0], "write", lambda *_: None)
    assert 0.05 <= elapsed(lambda: driver.dispatch(base, timeout=0.05)) < 0.5


def test_one_shot_ends_after_the_first_events(driver, base):
    order = []
    add_timer(base, lambda: order.append("timer"), 0.01, one_shot=True)
    add_timer(base, lambda: order.append("late"), 0.5, one_shot=True)
    assert elapsed(lambda: driver.dispatch(base, one_shot=True, timeout=5)) < 0.4
    assert order == ["timer"]


def test_nothing_is_called_after_it_has_ended(driver, base, pair):
    a, b = pair
    got = Calls()
    set_io_handler(base, b, "read", got)
    a.send(b"x")
    driver.dispatch(base, one_shot=True, timeout=5)
    if driver.loop:
        import asyncio
        driver.loop.run_until_complete(asyncio.sleep(0.02))
    assert len(got) == 1


def test_exit_when_empty(driver, pair):
    a, b = pair
    base = driver.new_base(exit_when_empty=True)
    assert elapsed(lambda: driver.dispatch(base, timeout=5)) < 2
    got = Calls(lambda: remove_fd_handlers(base, b))
    set_io_handler(base, b, "read", got)
    add_timer(base, lambda: a.send(b"x"), 0.01, one_shot=True)
    assert elapsed(lambda: driver.dispatch(base, timeout=5)) < 2
    assert len(got) == 1 and event_base_empty_p(base)


def test_exit_event_loop(driver, base):
    add_timer(base, lambda: exit_event_loop(base), 0.01, one_shot=True)
    assert elapsed(lambda: driver.dispatch(base, timeout=5)) < 2
    exit_event_loop(base, delay=0.05)
    assert 0.05 <= elapsed(lambda: driver.dispatch(base, timeout=5)) < 2


def test_asked_to_end_before_it_begins(driver, base):
    exit_event_loop(base)
    assert elapsed(lambda: driver.dispatch(base, timeout=5)) < 2
    assert 0.05 <= elapsed(lambda: driver.dispatch(base, timeout=0.05)), "asked once, it ended twice"


def test_steps(driver, base):
    if driver.kind is asyncio_multiplexer:
        return
    times = []
    add_timer(base, lambda: times.append(time.monotonic()), 0.01)
    began = time.monotonic()
    driver.dispatch(base, timeout=0.2, min_step=0.05)
    assert times[0] - began >= 0.05 and len(times) <= 5
    base2 = driver.new_base()
    assert 0.05 <= elapsed(lambda: driver.dispatch(base2, timeout=0.05, max_step=0.001)) < 1


def test_calls_come_in_their_order(driver, base):
    order = []
    for i in range(5):
        call_in_event_loop(base, order.append, i)
    assert not event_base_empty_p(base)
    steps(driver, base, 0.02)
    assert order == [0, 1, 2, 3, 4] and event_base_empty_p(base)


def test_write_interval_threshold(driver, pair):
    base = driver.new_base(write_interval_threshold=0.02)
    writes, reads = Calls(), Calls(lambda: pair[0].recv(1))
    set_io_handler(base, pair[0], "write", writes)
    set_io_handler(base, pair[0], "read", reads)
    pair[1].send(b"abc")
    driver.dispatch(base, timeout=0.11)
    assert 3 <= len(writes) <= 6 and len(reads) == 3
    assert remove_fd_handlers(base, pair[0]) and event_base_empty_p(base)


# ---- The base itself

def test_a_running_base_can_not_be_run(driver, base):
    wrong = []

    def again():
        with pytest.raises(event_base_error, match="runs already") as e:
            event_dispatch(base)
        wrong.append(e.value)
    add_timer(base, again, 0.02, one_shot=True)
    driver.dispatch(base, one_shot=True, timeout=5)
    assert isinstance(wrong[0], RuntimeError) and wrong[0].event_base is base


def test_a_closed_base(driver, base, pair):
    set_io_handler(base, pair[0], "read", print)
    timer = add_timer(base, print, 10)
    assert close(base) is True and close(base) is True
    assert not monitored and "closed" in repr(base)
    for use in [lambda: set_io_handler(base, pair[0], "read", print), lambda: set_error_handler(base, pair[0], print),
                lambda: remove_fd_handlers(base, pair[0]), lambda: fd_monitored_p(base, pair[0], "read"),
                lambda: add_timer(base, print, 1), lambda: remove_timer(base, timer), lambda: event_dispatch(base),
                lambda: exit_event_loop(base), lambda: call_in_event_loop(base, print),
                lambda: event_base_empty_p(base), lambda: base.__enter__()]:
        with pytest.raises(event_base_error, match="can't be used any more"):
            use()
    pair[0].send(b"the sockets stay open")


def test_closed_within_a_handler(driver, base, pair):
    a, b = pair
    a.send(b"x")
    late = Calls()
    set_io_handler(base, b, "read", lambda *_: base.close())
    add_timer(base, late, 0.01)
    driver.dispatch(base, timeout=5)
    assert late == [] and not monitored


def test_dropped_open_it_warns_and_frees(driver):
    if driver.kind is asyncio_multiplexer:
        return
    before = len(os.listdir("/proc/self/fd"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        base = event_base(mux=driver.kind)
        a, b = python.socketpair()
        set_io_handler(base, a, "read", lambda *_: base)
        del base
        gc.collect()
        assert not monitored
        assert [w.category for w in caught] == [ResourceWarning] and "event base" in str(caught[0].message)
        a.close()
        b.close()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("arguments", [
    {"mux": 5}, {"mux": "epoll"}, {"mux": int}, {"write_interval_threshold": -1}, {"write_interval_threshold": "x"}])
def test_wrong_arguments_of_a_base(arguments):
    with pytest.raises(type_error, match=next(iter(arguments)).replace("_", "-")):
        event_base(**arguments)


def test_a_multiplexer_serves_one_base(driver, base):
    with pytest.raises(type_error, match="no other event base"):
        event_base(mux=base.mux)


NOT_BASES = [None, 5, "base", event_base]


@pytest.mark.parametrize("wrong", NOT_BASES, ids=repr)
def test_what_is_no_base(wrong, pair):
    for use in [lambda: set_io_handler(wrong, pair[0], "read", print), lambda: set_error_handler(wrong, pair[0], print),
                lambda: remove_fd_handlers(wrong, pair[0]), lambda: fd_monitored_p(wrong, pair[0], "read"),
                lambda: add_timer(wrong, print, 1), lambda: event_dispatch(wrong),
                lambda: exit_event_loop(wrong), lambda: call_in_event_loop(wrong, print),
                lambda: event_base_empty_p(wrong)]:
        with pytest.raises(type_error, match="event base"):
            use()


@pytest.mark.parametrize("use, message", [
    (lambda b, s: set_io_handler(b, s, "input", print), "event-type.*:read, :write"),
    (lambda b, s: set_io_handler(b, s, None, print), "event-type"),
    (lambda b, s: set_io_handler(b, s, "read"), "function: None"),
    (lambda b, s: set_io_handler(b, s, "read", 5), "function: 5"),
    (lambda b, s: set_io_handler(b, s, read=5), "function: 5"),
    (lambda b, s: set_io_handler(b, s, "read", print, write=print), "one event"),
    (lambda b, s: set_io_handler(b, s, read=print, write=print), "one event"),
    (lambda b, s: set_io_handler(b, -1, "read", print), "fd: -1"),
    (lambda b, s: set_io_handler(b, None, "read", print), "fd: None"),
    (lambda b, s: set_io_handler(b, "0", "read", print), "fd: '0'"),
    (lambda b, s: set_io_handler(b, True, "read", print), "fd: True"),
    (lambda b, s: set_io_handler(b, s, "read", print, timeout=-1), "timeout: -1"),
    (lambda b, s: set_io_handler(b, s, "read", print, timeout="1"), "timeout: '1'"),
    (lambda b, s: set_error_handler(b, s, None), "function: None"),
    (lambda b, s: remove_fd_handlers(b, "x"), "fd: 'x'"),
    (lambda b, s: fd_monitored_p(b, s, "input"), "event-type"),
    (lambda b, s: add_timer(b, None, 1), "function: None"),
    (lambda b, s: add_timer(b, print, None), "timeout: None"),
    (lambda b, s: add_timer(b, print, -0.1), "timeout: -0.1"),
    (lambda b, s: add_timer(b, print, float("nan")), "timeout: nan"),
    (lambda b, s: remove_timer(b, None), "timer: None"),
    (lambda b, s: remove_timer(b, print), "timer: "),
    (lambda b, s: event_dispatch(b, timeout=-1), "timeout: -1"),
    (lambda b, s: event_dispatch(b, min_step="x"), "min-step: 'x'"),
    (lambda b, s: event_dispatch(b, max_step=-1), "max-step: -1"),
    (lambda b, s: exit_event_loop(b, delay=-1), "delay: -1"),
    (lambda b, s: call_in_event_loop(b, 5), "function: 5"),
])
def test_wrong_arguments(base, pair, use, message):
    with pytest.raises(type_error, match=message):
        use(base, pair[0])
    assert event_base_empty_p(base) and not monitored


def test_another_bases_timer(driver, base):
    other = driver.new_base()
    with pytest.raises(type_error, match="timer of #<event base"):
        remove_timer(base, add_timer(other, print, 1))


def test_descriptors_that_are_not_open(base):
    with make_socket() as s:
        number = s.fileno()
    with pytest.raises(hy_iolib.socket_closed_error):
        set_io_handler(base, s, "read", print)
    with pytest.raises(hy_iolib.ebadf):
        set_io_handler(base, number, "read", print)
    assert remove_fd_handlers(base, s) is False and fd_monitored_p(base, s, "read") is False
    assert event_base_empty_p(base) and not monitored


def test_huge_times(driver, base, pair):
    add_timer(base, print, 10 ** 400 if driver.kind is not None else 0)
    set_io_handler(base, pair[0], "read", print, timeout=10 ** 400)
    assert elapsed(lambda: driver.dispatch(base, timeout=0.02)) < 1
    add_timer(base, lambda: exit_event_loop(base), 0.01)
    driver.dispatch(base, timeout=10 ** 400)


def test_reprs(base):
    assert repr(base) == f"#<event base, {type(base.mux).__name__.replace('_', '-')}, 0 descriptors, 0 timers>"
    assert "every 5 s, due in" in repr(add_timer(base, print, 5))
    timer = add_timer(base, print, 5, one_shot=True)
    remove_timer(base, timer)
    assert repr(timer) == "#<timer after 5 s, not scheduled>"


def test_urgent_data_that_nobody_reads_is_no_spin(driver, base, listener):
    with python.create_connection(listener.python_socket.getsockname()) as client, \
            accept_connection(listener, timeout=5) as server:
        calls = Calls()
        set_io_handler(base, server, "read", calls)
        client.send(b"!", python.MSG_OOB)
        steps(driver, base, 0.1)
        assert len(calls) <= 2


# ---- Accepting without descriptors

@pytest.mark.parametrize("by_number", [False, True])
def test_accepting_without_descriptors_pauses(driver, base, listener, by_number, caplog):
    resource = pytest.importorskip("resource")
    if by_number and driver.kind is not hy_iolib.default_multiplexer.value:
        return  # it takes its time, and is the same
    clients = []
    attempts, reports, accepted = [], [], []

    def accept(fd, event, exception):
        attempts.append(time.monotonic())
        try:
            s = accept_connection(listener, wait=False)
        except OSError as e:
            reports.append(e)
            raise
        if s:
            accepted.append(s)
            if len(accepted) == 3:
                exit_event_loop(base)
    set_io_handler(base, listener.fileno() if by_number else listener, "read", accept)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    for _ in range(3):
        clients.append(python.create_connection(listener.python_socket.getsockname()))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, before[1]))
        # Up to the limit, wherever there are holes.
        fillers = []
        try:
            while True:
                fillers.append(os.dup(0))
        except OSError:
            pass
        began = time.process_time()
        driver.dispatch(base, timeout=1.5)
        assert time.process_time() - began < 0.5
        assert len(attempts) == 2 and accepted == []
        assert [type(e) for e in reports] == [hy_iolib.emfile]
        assert len([r for r in caplog.records if r.name == "hy_iolib"]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for fd in fillers:
            os.close(fd)
    driver.dispatch(base, timeout=1.5)
    assert len(accepted) == 3 and len(reports) == 1
    for s in clients + accepted:
        s.close()


# ---- Forks

@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_can_not_use_it_and_disturbs_nobody(driver, base, pair_of):
    a, b = pair_of()
    got = []
    set_io_handler(base, b, "read", lambda *_: got.append(read_line(b)))
    child = os.fork()
    if not child:
        status = 1
        try:
            for use in [lambda: event_dispatch(base), lambda: add_timer(base, print, 1),
                        lambda: set_io_handler(base, a, "read", print), lambda: exit_event_loop(base)]:
                try:
                    use()
                    os._exit(2)
                except event_base_error as e:
                    assert "process" in str(e)
            b.close()
            base.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write_line("still here", a)
    finish_output(a)
    driver.dispatch(base, one_shot=True, timeout=5)
    assert got == ["still here"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_returns_into_the_loop(driver, base):
    """It was forked within a handler: the loop that it comes back to is not its own."""
    if driver.kind is asyncio_multiplexer:
        return
    children = []

    def fork():
        children.append(os.fork())
        if children != [0]:
            exit_event_loop(base)

    call_in_event_loop(base, fork)
    try:
        driver.dispatch(base, timeout=30)
    except event_base_error:
        os._exit(0 if children == [0] else 1)
    if children == [0]:
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0


# ---- The usual server of IOLib's

def test_a_client_that_never_reads_freezes_nobody(driver, base, listener):
    """One buffer a client, handlers set and removed, 0.8's non-blocking ways."""
    clients = []

    def accept(fd, event, exception):
        with hy_iolib.non_blocking_sockets.let(True):
            client = accept_connection(listener, wait=False)
        if client:
            clients.append(client)
            serve(client)

    def serve(client):
        buffer = bytearray()

        def readable(fd, event, exception):
            try:
                got = receive_from(client, size=65536)
            except hy_iolib.ewouldblock:
                return
            if got.count == 0:
                close(client, abort=True)
                return
            buffer.extend(got.data)
            remove_fd_handlers(base, fd, read=True)
            set_io_handler(base, client, "write", writable)

        def writable(fd, event, exception):
            try:
                del buffer[:send_to(client, buffer)]
            except hy_iolib.ewouldblock:
                return
            if not buffer:
                remove_fd_handlers(base, fd, write=True)
                set_io_handler(base, client, "read", readable)

        set_io_handler(base, client, "read", readable)

    set_io_handler(base, listener, "read", accept)
    place = listener.python_socket.getsockname()
    with python.create_connection(place) as greedy, python.create_connection(place) as polite:
        greedy.setblocking(False)
        polite.setblocking(False)
        sent = 0

        def push():
            nonlocal sent
            try:
                for _ in range(20):
                    sent += greedy.send(bytes(65536))
            except BlockingIOError:
                pass
        add_timer(base, push, 0.001)
        heard = bytearray()

        def talk():
            try:
                heard.extend(polite.recv(100))
            except BlockingIOError:
                pass
            if len(heard) == 10 * 20:
                exit_event_loop(base)
            elif len(heard) % 10 == 0:
                polite.send(b"0123456789")
        add_timer(base, talk, 0.01)
        driver.dispatch(base, timeout=20)
        assert bytes(heard) == b"0123456789" * (len(heard) // 10) and len(heard) >= 200
        assert sent > 10 ** 6
    for client in clients:
        client.close(abort=True)
