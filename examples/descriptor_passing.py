"""A server whose clients are answered by other processes: the parent accepts, and passes each connection on
to one of the workers, which were there before it.

    python descriptor_passing.py [PORT [CLIENTS]]

Without a port it takes one that is free. It says which on its first line of output, and ends after CLIENTS
clients, or when it is interrupted. A worker sends each line back in upper case, behind its number. It serves
one client at a time; whose line is not whole in ten seconds has to go.

It teaches: a descriptor, here of a connection, sent to another process over a local socket, of which
make_socket_pair makes both ends. The receiver gets a descriptor of its own for the same connection, and
makes a socket of it; the sender closes its one, or the client would never see the end. What is sent to a
worker that is busy waits in the local socket. When that is full the parent waits, too, and accepts nobody;
after ten seconds it sends the client away. When the local socket ends, and all is answered, the worker ends
too.
"""

import contextlib
import itertools
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess

from hy_iolib import (IPV4_LOOPBACK, accept_connection, active_socket, end_of_file, error, finish_output,
                      iolib_error, local_port, make_socket, make_socket_from_fd, make_socket_pair,
                      passive_socket, read_line, receive_file_descriptor, send_file_descriptor,
                      socket_stream_local_active, write_line)

Inherited = Sequence["active_socket | passive_socket"]

WORKERS = 2
LONGEST_LINE = 4096  # octets
PATIENCE = 10  # seconds


def answer(number: int, client: active_socket) -> None:
    # Not the option receive-timeout, which is for each wait: a line can come octet by octet.
    while (line := read_line(client, None, timeout=PATIENCE)) is not None:
        write_line(f"{number}: {line.upper()}", client)
        finish_output(client, timeout=PATIENCE)


def work(number: int, parent: socket_stream_local_active, inherited: Inherited) -> None:
    """Answer the clients that come from `parent`. What is `inherited` of it is none of our business."""
    for socket in inherited:
        socket.close()
    # In a terminal everybody is interrupted; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with parent, contextlib.suppress(end_of_file):
        while True:
            connection = receive_file_descriptor(parent)
            try:
                with make_socket_from_fd(connection, connect="active",
                                         max_line_length=LONGEST_LINE) as client:
                    answer(number, client)
            except error as e:
                print(f"worker {number}: {e}", flush=True)


def start_worker(number: int, inherited: Inherited) -> tuple[BaseProcess, socket_stream_local_active]:
    """A process that works, and the socket to it."""
    here, there = make_socket_pair()
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=work, args=(number, there, [here, *inherited]))
    process.start()
    there.close()
    return process, here


def main(port: int | str = 0, clients: str | None = None) -> None:
    processes: list[BaseProcess] = []
    sockets: list[socket_stream_local_active] = []
    try:
        with make_socket(connect="passive", local_host=IPV4_LOOPBACK, local_port=port, backlog=128) as server:
            for number in range(1, WORKERS + 1):
                process, socket = start_worker(number, [server, *sockets])
                processes.append(process)
                sockets.append(socket)
            print(f"listening on port {local_port(server)}", flush=True)
            for number in range(int(clients)) if clients else itertools.count():
                try:
                    with accept_connection(server) as client:
                        send_file_descriptor(sockets[number % WORKERS], client, timeout=PATIENCE)
                except iolib_error as e:
                    print(f"not passed on: {e}", flush=True)
    finally:
        for socket in sockets:
            socket.close()
        for process in processes:
            process.join()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit("usage: python descriptor_passing.py [PORT [CLIENTS]]")
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        print("interrupted")
    except (error, ValueError) as e:
        sys.exit(f"no server: {e}")
