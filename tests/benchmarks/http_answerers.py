"""Minimal HTTP answerers, the same answer by different loops; each runs as a process of its own.

    python http_answerers.py KIND    prints its port, and serves until its standard input ends
"""

import os
import selectors
import socket
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello, world"
END = b"\r\n\r\n"


def octets():
    """hy_iolib: an event base, receive-from and send-to."""
    import hy_iolib
    from hy_iolib import accept_connection, close, receive_from, send_to, set_io_handler

    def serve(base, server):
        def accept(fd, event, exception):
            while (client := accept_connection(server, wait=False)) is not None:
                set_io_handler(base, client.fileno(), "read", reader(client))

        def reader(client):
            buffer = bytearray(4096)
            view = memoryview(buffer)
            held = bytearray()

            def answer(fd, event, exception):
                nonlocal held
                try:
                    _, count, _, _ = receive_from(client, buffer=buffer)
                except hy_iolib.syscall_error:
                    count = 0
                if not count:
                    close(client, abort=True)
                elif not held and buffer.find(END, 0, count) == count - 4:
                    send_to(client, ANSWER)
                else:
                    held += view[:count]
                    requests = held.count(END)
                    held = held[held.rfind(END) + 4:] if requests else held
                    for _ in range(requests):
                        send_to(client, ANSWER)
            return answer

        set_io_handler(base, server, "read", accept)
    ours(serve)


def lines():
    """hy_iolib: an event base, read-line and send-to."""
    from hy_iolib import send_to
    by_lines(lambda client: send_to(client, ANSWER))


def text():
    """hy_iolib: an event base, read-line, write-string and finish-output."""
    from hy_iolib import finish_output, write_string
    text = ANSWER.decode().replace("\r\n", "\n")

    def write(client):
        write_string(text, client)
        finish_output(client)

    by_lines(write)


def by_lines(write):
    import hy_iolib
    from hy_iolib import accept_connection, close, read_line, set_io_handler

    def serve(base, server):
        def accept(fd, event, exception):
            while (client := accept_connection(server, wait=False)) is not None:
                set_io_handler(base, client, "read", reader(client))

        def reader(client):
            def answer(fd, event, exception):
                try:
                    while True:
                        line = read_line(client, None)
                        if not line:
                            break
                    if line is None:
                        close(client, abort=True)
                        return
                    write(client)
                except hy_iolib.error:
                    close(client, abort=True)
            return answer

        set_io_handler(base, server, "read", accept)
    ours(serve)


def ours(serve):
    from hy_iolib import IPV4_LOOPBACK, MAX_BACKLOG_SIZE, event_base, event_dispatch, exit_event_loop, local_port, \
        make_socket, set_io_handler
    with event_base() as base, make_socket(connect="passive", local_host=IPV4_LOOPBACK,
                                           external_format=["utf-8", "eol-style", "crlf"],
                                           backlog=MAX_BACKLOG_SIZE) as server:
        serve(base, server)
        set_io_handler(base, 0, "read", lambda *_: exit_event_loop(base))
        print(local_port(server), flush=True)
        event_dispatch(base)


def bare():
    """selectors, recv and send."""
    selector = selectors.DefaultSelector()
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)
    server.setblocking(False)

    def accept(_):
        while True:
            try:
                client, _ = server.accept()
            except BlockingIOError:
                return
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ, reader(client))

    def reader(client):
        held = b""

        def answer(_):
            nonlocal held
            try:
                data = client.recv(4096)
            except OSError:
                data = b""
            if not data:
                selector.unregister(client)
                client.close()
            elif not held and data.find(END) == len(data) - 4:
                client.send(ANSWER)
            else:
                held += data
                requests = held.count(END)
                held = held[held.rfind(END) + 4:] if requests else held
                for _ in range(requests):
                    client.send(ANSWER)
        return answer

    going = [True]
    selector.register(server, selectors.EVENT_READ, accept)
    selector.register(0, selectors.EVENT_READ, lambda _: going.clear())
    print(server.getsockname()[1], flush=True)
    while going:
        for key, _ in selector.select():
            key.data(key.fileobj)


def asyncio_streams():
    """asyncio's streams, readuntil and write."""
    import asyncio

    async def client(reader, writer):
        try:
            while True:
                await reader.readuntil(END)
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def main():
        server = await asyncio.start_server(client, "127.0.0.1", 0, backlog=4096)
        over = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(0, lambda: over.done() or over.set_result(None))
        print(server.sockets[0].getsockname()[1], flush=True)
        await over

    asyncio.run(main())


KINDS = {"octets": octets, "lines": lines, "text": text, "selectors": bare, "asyncio": asyncio_streams}

if __name__ == "__main__":
    try:
        KINDS[sys.argv[1]]()
    finally:
        sys.stdout.flush()
        os._exit(0)
