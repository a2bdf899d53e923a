"""The server of the soak: octets and lines are echoed, on one event base, to clients of every manner.

Prints two ports; then, for each line of its standard input, what there is: connections, descriptors,
handlers, timers, objects, memory in KiB.
"""

import ctypes
import gc
import os
import sys

import hy_iolib
from hy_iolib import (accept_connection, add_timer, close, event_base, event_dispatch, exit_event_loop, force_output,
                      local_port, make_socket, output_buffer_empty_p, read_line, receive_from, remove_fd_handlers,
                      remove_timer, send_to, set_error_handler, set_io_handler, write_line)

FULL = 1 << 18
PATIENCE = 3

clients = set()
libc = ctypes.CDLL(None)


def listen(base, serve):
    server = make_socket(connect="passive", local_host="127.0.0.1", backlog=512)

    def accept(fd, event, exception):
        while True:
            with hy_iolib.non_blocking_sockets.let(True):
                client = accept_connection(server, wait=False)
            if client is None:
                return
            clients.add(client)
            serve(base, client)
    set_io_handler(base, server, "read", accept)
    return server


def guarded(client, function, done):
    """A handler that takes a failing client, or a silent one, away."""
    def handler(fd, event, exception):
        try:
            if exception == "timeout" or function():
                done()
        except (hy_iolib.socket_error, hy_iolib.epipe):
            done()
    return handler


def life_of(base, client):
    """A timer for each client, and what ends both."""
    beats = add_timer(base, lambda: None, 0.05)

    def done():
        if client in clients:
            clients.discard(client)
            remove_timer(base, beats)
            close(client, abort=True)
    return done


def serve_octets(base, client):
    done = life_of(base, client)
    buffer, room, ended = bytearray(), bytearray(65536), []

    def readable():
        try:
            count = receive_from(client, buffer=room).count
        except hy_iolib.ewouldblock:
            return False
        if count:
            buffer.extend(memoryview(room)[:count])
            if len(buffer) >= FULL:
                remove_fd_handlers(base, client, read=True)
        else:
            ended.append(True)
            remove_fd_handlers(base, client, read=True)
            if not buffer:
                return True
        if buffer and not hy_iolib.fd_monitored_p(base, client, "write"):
            set_io_handler(base, client, "write", write, timeout=PATIENCE)
        return False

    def writable():
        try:
            del buffer[:send_to(client, buffer)]
        except hy_iolib.ewouldblock:
            return False
        if not buffer:
            remove_fd_handlers(base, client, write=True)
            if ended:
                return True
        if len(buffer) < FULL and not ended and not hy_iolib.fd_monitored_p(base, client, "read"):
            set_io_handler(base, client, "read", read, timeout=PATIENCE)
        return False

    read, write = guarded(client, readable, done), guarded(client, writable, done)
    set_io_handler(base, client, "read", read, timeout=PATIENCE)
    set_error_handler(base, client, lambda *_: None)


def serve_lines(base, client):
    done = life_of(base, client)

    def readable():
        try:
            line = read_line(client, timeout=1)
        except hy_iolib.end_of_file:
            return True
        except hy_iolib.poll_timeout:
            return True
        write_line(line, client)
        return flush()

    def flush():
        force_output(client)
        pending = not output_buffer_empty_p(client)
        if pending != hy_iolib.fd_monitored_p(base, client, "write"):
            if pending:
                set_io_handler(base, client, "write", guarded(client, flush, done), timeout=PATIENCE)
                remove_fd_handlers(base, client, read=True)
            else:
                remove_fd_handlers(base, client, write=True)
                set_io_handler(base, client, "read", read, timeout=PATIENCE)
        return False

    read = guarded(client, readable, done)
    set_io_handler(base, client, "read", read, timeout=PATIENCE)


def memory():
    # What malloc keeps for later is not what we look for.
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def main():
    with event_base() as base, listen(base, serve_octets) as octets, listen(base, serve_lines) as lines:
        def report(fd, event, exception):
            if not sys.stdin.readline():
                exit_event_loop(base)
                return
            gc.collect()
            timers = sum(timer.deadline is deadline for deadline, _, timer in base._schedule.heap)
            print(len(clients), len(os.listdir("/proc/self/fd")), len(base._entries), timers,
                  len(gc.get_objects()), memory(), flush=True)
        set_io_handler(base, 0, "read", report)
        print(local_port(octets), local_port(lines), flush=True)
        event_dispatch(base)


if __name__ == "__main__":
    main()
