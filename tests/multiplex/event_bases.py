"""Fixtures: an event base on each multiplexer that this machine has, asyncio's among them."""

import asyncio
import os
import socket as python

import pytest

import hy_iolib
from hy_iolib import asyncio_multiplexer, available_multiplexers, event_base, event_dispatch


class Driver:
    """An event base and the way to let it run until `event-dispatch` ends."""

    def __init__(self, kind, loop):
        self.kind, self.loop, self.made = kind, loop, []

    def new_base(self, **options):
        mux = asyncio_multiplexer(self.loop) if self.kind is asyncio_multiplexer else self.kind
        self.made.append(event_base(mux=mux, **options))
        return self.made[-1]

    def dispatch(self, base, **options):
        if self.loop is None:
            return event_dispatch(base, **options)

        async def until_it_ends():
            return await event_dispatch(base, **options)
        return self.loop.run_until_complete(until_it_ends())


@pytest.fixture(params=[*available_multiplexers.value, asyncio_multiplexer], ids=lambda m: m.__name__)
def driver(request):
    loop = asyncio.new_event_loop() if request.param is asyncio_multiplexer else None
    d = Driver(request.param, loop)
    yield d
    for base in d.made:
        base.close()
    if loop:
        loop.close()


@pytest.fixture
def base(driver):
    return driver.new_base()


@pytest.fixture
def pair():
    """Two connected sockets of Python's."""
    a, b = python.socketpair()
    with a, b:
        yield a, b


@pytest.fixture
def pipe():
    """A pipe's two descriptors; a test may close them."""
    ends = os.pipe()
    identities = [os.fstat(fd).st_ino for fd in ends]
    yield ends
    for fd, identity in zip(ends, identities):
        try:
            if os.fstat(fd).st_ino == identity:
                os.close(fd)
        except OSError:
            pass


@pytest.fixture
def listener():
    with hy_iolib.make_socket(connect="passive", local_host="127.0.0.1", backlog=128) as s:
        yield s
