"""An event base beside asyncio's own code, on one loop."""

import asyncio
import gc

import pytest

from event_bases import listener  # noqa: F401  fixtures
import hy_iolib
from hy_iolib import (accept_connection, add_timer, asyncio_multiplexer, call_in_event_loop, close, event_base,
                      event_base_empty_p, event_dispatch, exit_event_loop, make_socket_pair, read_line, remove_fd_handlers,
                      set_io_handler, write_line, finish_output, local_port)


def run(coroutine):
    """As asyncio.run, with a time limit."""
    async def limited():
        return await asyncio.wait_for(coroutine, 20)
    return asyncio.run(limited())


def test_a_server_beside_asyncio_streams(listener):
    async def main():
        with event_base(mux=asyncio_multiplexer) as base:
            def accept(fd, event, exception):
                client = accept_connection(listener, wait=False)

                def echo(fd, event, exception):
                    line = read_line(client, None)
                    if line is None:
                        close(client)
                    else:
                        write_line(line.upper(), client)
                        finish_output(client)
                if client:
                    set_io_handler(base, client, "read", echo)
            set_io_handler(base, listener, "read", accept)

            async def talk(i):
                reader, writer = await asyncio.open_connection("127.0.0.1", local_port(listener))
                for j in range(20):
                    writer.write(f"line {i} {j}\n".encode())
                    assert await reader.readline() == f"LINE {i} {j}\n".encode()
                writer.close()
                await writer.wait_closed()
            # Nobody awaits event-dispatch: handlers run all the same.
            await asyncio.gather(*[talk(i) for i in range(20)])
            for _ in range(100):
                if len(base._entries) == 1:
                    break
                await asyncio.sleep(0.01)
            assert len(base._entries) == 1
    run(main())


def test_awaiting_until_exit_with_a_timer_of_each():
    async def main():
        order = []
        with event_base(mux=asyncio_multiplexer()) as base:
            add_timer(base, lambda: order.append("ours"), 0.01, one_shot=True)
            asyncio.get_running_loop().call_later(0.02, order.append, "asyncio's")
            add_timer(base, lambda: exit_event_loop(base), 0.03)
            await event_dispatch(base)
        return order
    assert run(main()) == ["ours", "asyncio's"]


def test_an_error_in_a_handler_is_the_futures():
    async def main():
        with event_base(mux=asyncio_multiplexer) as base:
            def fail():
                raise KeyError("mine")
            add_timer(base, fail, 0.001, one_shot=True)
            with pytest.raises(KeyError, match="mine"):
                await event_dispatch(base)
            call_in_event_loop(base, exit_event_loop, base)
            await event_dispatch(base)
    run(main())


def test_an_error_while_nobody_awaits_is_the_loops():
    async def main():
        told = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        with event_base(mux=asyncio_multiplexer) as base:
            def fail():
                raise KeyError("mine")
            ticks = []
            add_timer(base, fail, 0.001, one_shot=True)
            add_timer(base, lambda: ticks.append(1), 0.002, one_shot=True)
            while not ticks:
                await asyncio.sleep(0.001)
        assert [type(c["exception"]) for c in told] == [KeyError] and "event base" in told[0]["message"]
    run(main())


def test_cancelling_who_awaits():
    async def main():
        with event_base(mux=asyncio_multiplexer) as base:
            ticks = []
            add_timer(base, lambda: ticks.append(1), 0.001)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(event_dispatch(base), 0.02)
            assert ticks
            await asyncio.sleep(0)
            before = len(ticks)
            await asyncio.sleep(0.02)
            assert len(ticks) == before
            await event_dispatch(base, timeout=0.02)
            assert len(ticks) > before
    run(main())


def test_several_bases_on_one_loop():
    async def main():
        with event_base(mux=asyncio_multiplexer) as one, event_base(mux=asyncio_multiplexer) as two:
            order = []
            add_timer(one, lambda: order.append(1), 0.01, one_shot=True)
            add_timer(two, lambda: order.append(2), 0.02, one_shot=True)
            await asyncio.gather(event_dispatch(one, timeout=0.05), event_dispatch(two, timeout=0.05))
            assert order == [1, 2]
    run(main())


def test_closing_ends_what_is_awaited():
    async def main():
        base = event_base(mux=asyncio_multiplexer)
        a, b = make_socket_pair()
        set_io_handler(base, a, "read", print)
        future = event_dispatch(base)
        await asyncio.sleep(0)
        close(base)
        await future
        a.close()
        b.close()
    run(main())


def test_exit_before_it_is_awaited():
    async def main():
        with event_base(mux=asyncio_multiplexer) as base:
            exit_event_loop(base)
            await asyncio.sleep(0.01)
            await event_dispatch(base, timeout=15)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(event_dispatch(base), 0.02)
    run(asyncio.wait_for(main(), 10))


def test_exit_when_empty():
    async def main():
        with event_base(mux=asyncio_multiplexer, exit_when_empty=True) as base:
            await event_dispatch(base)
            a, b = make_socket_pair()
            with a, b:
                set_io_handler(base, b, "read", lambda *_: remove_fd_handlers(base, b))
                write_line("x", a)
                finish_output(a)
                await event_dispatch(base)
                assert event_base_empty_p(base)
    run(main())


def test_it_needs_a_loop():
    with pytest.raises(hy_iolib.type_error, match="call it in a coroutine"):
        asyncio_multiplexer()
    with pytest.raises(hy_iolib.type_error, match="loop: 5"):
        asyncio_multiplexer(5)
    gc.collect()
