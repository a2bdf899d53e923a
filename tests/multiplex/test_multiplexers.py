"""The multiplexers themselves, and the specials that say which there are."""

import os
import select
import socket as python
import types

import pytest

from event_bases import listener, pair  # noqa: F401  fixtures
import hy_iolib
from hy_iolib import (available_multiplexers, close, default_multiplexer, epoll_multiplexer, event_base, event_dispatch,
                      kqueue_multiplexer, multiplexer, poll_multiplexer, remove_fd_handlers, select_multiplexer,
                      set_error_handler, set_io_handler)


def test_what_there_is():
    available = available_multiplexers.value
    assert default_multiplexer.value is available[0]
    assert available[-1] is select_multiplexer
    assert all(issubclass(m, multiplexer) for m in available)
    if hasattr(select, "epoll"):
        assert available == (epoll_multiplexer, poll_multiplexer, select_multiplexer)


def test_the_default_can_be_bound():
    with default_multiplexer.let(poll_multiplexer), event_base() as base:
        assert isinstance(base.mux, poll_multiplexer)


@pytest.mark.skipif(hasattr(select, "kqueue"), reason="this system has it")
def test_one_that_the_system_lacks():
    with pytest.raises(hy_iolib.enosys, match="kqueue"):
        kqueue_multiplexer()
    with pytest.raises(OSError, match="kqueue"):
        event_base(mux=kqueue_multiplexer)


def test_select_takes_small_numbers_only(pair):
    high = os.dup2(pair[0].fileno(), 1500)
    try:
        with event_base(mux=select_multiplexer) as base:
            with pytest.raises(OSError, match="too large for select"):
                set_io_handler(base, high, "read", print)
            assert hy_iolib.event_base_empty_p(base)
        with event_base(mux=poll_multiplexer) as base:
            set_io_handler(base, high, "write", lambda *_: None)
            event_dispatch(base, one_shot=True, timeout=5)
    finally:
        os.close(high)


def test_what_epoll_can_not_watch(tmp_path):
    with open(tmp_path / "file", "w") as file, event_base() as base:
        with pytest.raises(hy_iolib.eperm):
            set_io_handler(base, file, "write", print)
        assert hy_iolib.event_base_empty_p(base)


def test_no_descriptor_is_left_when_there_are_not_enough():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    here = len(os.listdir("/proc/self/fd"))
    fillers = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (here + 50, before[1]))
        try:
            while True:
                fillers.append(os.dup(0))
        except OSError:
            pass
        # With no descriptor left, and with one.
        for _ in range(2):
            with pytest.raises(hy_iolib.emfile):
                event_base(mux=epoll_multiplexer)
            os.close(fillers.pop())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for fd in fillers:
            os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == here


class FakeKqueue:
    """What kqueue_multiplexer needs of select.kqueue, over poll."""

    def __init__(self):
        self.filters = set()
        self.closed = False

    def control(self, changes, most, timeout=None):
        for c in changes or []:
            key = (c.ident, c.filter)
            if c.flags == select.KQ_EV_ADD:
                self.filters.add(key)
            elif key not in self.filters:
                raise FileNotFoundError(2, "no such filter")
            elif c.flags == select.KQ_EV_DELETE:
                self.filters.remove(key)
        if not most:
            return []
        p = select.poll()
        masks = {}
        for fd, filter in self.filters:
            masks[fd] = masks.get(fd, 0) | (1 if filter == select.KQ_FILTER_READ else 4)
        for fd, mask in masks.items():
            p.register(fd, mask)
        found = []
        for fd, said in p.poll(None if timeout is None else timeout * 1000):
            for filter, bit in ((select.KQ_FILTER_READ, 1), (select.KQ_FILTER_WRITE, 4)):
                if (fd, filter) in self.filters and said & (bit | 0x18):
                    found.append(select.kevent(fd, filter, select.KQ_EV_EOF if said & 0x18 else 0,
                                               111 if said & 8 else 0))
        return found[:most]

    def close(self):
        self.closed = True


@pytest.fixture
def kqueue(monkeypatch):
    """A stand-in: this system has none."""
    names = {"KQ_FILTER_READ": -1, "KQ_FILTER_WRITE": -2, "KQ_EV_ADD": 1, "KQ_EV_DELETE": 2, "KQ_EV_ENABLE": 4,
             "KQ_EV_EOF": 0x8000}
    for name, value in names.items():
        monkeypatch.setattr(select, name, value, raising=False)
    monkeypatch.setattr(select, "kqueue", FakeKqueue, raising=False)
    monkeypatch.setattr(select, "kevent", lambda ident, filter, flags, fflags=0: types.SimpleNamespace(
        ident=ident, filter=filter, flags=flags, fflags=fflags), raising=False)


@pytest.mark.skipif(hasattr(select, "kqueue"), reason="this system has the real one")
def test_kqueue_with_a_stand_in(kqueue, pair, listener):
    a, b = pair
    with event_base(mux=kqueue_multiplexer) as base:
        order = []

        def read(fd, event, exception):
            order.append((event, exception, b.recv(1)))
        set_io_handler(base, b, "read", read)
        set_io_handler(base, b, "write", lambda fd, event, exception: order.append((event, exception)), one_shot=True)
        a.send(b"x")
        event_dispatch(base, timeout=0.02)
        assert sorted(order, key=str) == [("read", None, b"x"), ("write", None)]
        assert remove_fd_handlers(base, b)
        # A refused connection, and one that is closed without a word.
        place = listener.python_socket.getsockname()
        listener.close()
        with python.socket() as s:
            s.setblocking(False)
            s.connect_ex(place)
            told = []
            set_io_handler(base, s, "write", lambda *arguments: (told.append(arguments), s.getsockopt(
                python.SOL_SOCKET, python.SO_ERROR), remove_fd_handlers(base, s)))
            event_dispatch(base, timeout=0.05)
            assert told == [(s.fileno(), "write", "error")]
        reading, writing = os.pipe()
        set_io_handler(base, reading, "read", lambda *arguments: told.append(arguments))
        set_error_handler(base, reading, lambda *arguments: told.append(arguments))
        os.close(reading)
        base.mux.kqueue.filters.clear()  # as the system does
        event_dispatch(base, timeout=0.05)
        assert told[1:] == [(reading, "read", "error"), (reading, "error", "error")]
        os.close(writing)
        made = base.mux.kqueue
    assert made.closed
    close(base)
