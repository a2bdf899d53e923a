"""A port scanner of one's own machine: says which TCP ports of it somebody listens on.

    python port_scanner.py [FIRST LAST [HOST [SECONDS]]]

Without arguments the ports are 1 to 1024. HOST, 127.0.0.1 unless given, must be an address of this machine.
A port that says nothing for SECONDS (2) is not open. While it works it shows how far it is: on a terminal
in a line that is drawn again and again, elsewhere in a line each second.

It teaches: many connections at once in one thread. `connect` with wait=False only begins; the socket can be
written to when the connection is there or has failed, and its option "error" says which. No more than so
many are under way at a time, or as many as the process may have open: each that has ended asks the event
base to begin the next one, so that timers and other handlers have their turn in between.
"""

import functools
import sys
from collections import deque

from hy_iolib import (add_timer, call_in_event_loop, connect, emfile, ensure_address, error, event_base,
                      event_dispatch, exit_event_loop, inet_address, ipv6_address_p, local_name,
                      lookup_service, make_socket, remote_name, set_io_handler,
                      socket_connection_refused_error, socket_option, socket_stream_internet_active,
                      unknown_service)

MOST = 200  # connections under way


class Scan:
    def __init__(self, base: event_base, host: inet_address, ports: range, seconds: float) -> None:
        self.base, self.host, self.ports, self.seconds = base, host, ports, seconds
        self.waiting = deque(ports)
        self.sockets: set[socket_stream_internet_active] = set()
        self.scanned = 0
        self.open: list[int] = []
        for _ in range(MOST):
            call_in_event_loop(base, self.begin)

    def begin(self) -> None:
        """Connect to the next port, if there is one."""
        if not self.waiting:
            return
        try:
            socket = make_socket(ipv6=ipv6_address_p(self.host))
        except emfile:  # no more can be open: one that ends makes room, if there is one
            if not self.sockets:
                raise
            return
        port = self.waiting.popleft()
        self.sockets.add(socket)
        try:
            connect(socket, self.host, port=port, wait=False)
            set_io_handler(self.base, socket, "write", functools.partial(self.answered, socket, port),
                           timeout=self.seconds)
        except socket_connection_refused_error:
            self.end(socket)

    def answered(self, socket: socket_stream_internet_active, port: int, fd: int, event: str,
                 exception: str | None) -> None:
        # One's own port for a local one: then the socket has found itself, and nobody listens.
        if (exception != "timeout" and socket_option(socket, "error") == 0
                and local_name(socket) != remote_name(socket)):
            self.open.append(port)
        self.end(socket)

    def end(self, socket: socket_stream_internet_active) -> None:
        self.sockets.remove(socket)
        socket.close(abort=True)
        self.scanned += 1
        if self.scanned == len(self.ports):
            exit_event_loop(self.base)
        else:
            call_in_event_loop(self.base, self.begin)

    def __str__(self) -> str:
        return f"{self.scanned} of {len(self.ports)} ports, {len(self.open)} open"


def show(progress: object, last: bool = False) -> None:
    """Tell how far it is, on a terminal in the place of what it told before."""
    if sys.stderr.isatty():
        print(f"\r{progress}\x1b[K", end="\n" if last else "", file=sys.stderr, flush=True)
    else:
        print(progress, file=sys.stderr, flush=True)


def service_name(port: int) -> str:
    try:
        return lookup_service(port).name
    except unknown_service:
        return "unknown"


def main(first: int | str = 1, last: int | str = 1024, host: str = "127.0.0.1",
         seconds: float | str = 2) -> None:
    address, ports = ensure_address(host), range(int(first), int(last) + 1)
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ValueError("ports are from 1 to 65535, the first one first")
    # What is not of this machine can't be bound to.
    make_socket(local_host=address).close()
    with event_base() as base:
        scan = Scan(base, address, ports, float(seconds))
        add_timer(base, functools.partial(show, scan), 0.1 if sys.stderr.isatty() else 1)
        try:
            event_dispatch(base)
        finally:
            for socket in scan.sockets:
                socket.close(abort=True)
    show(scan, last=True)
    for port in sorted(scan.open):
        print(port, service_name(port))


if __name__ == "__main__":
    if len(sys.argv) not in (1, 3, 4, 5):
        sys.exit("usage: python port_scanner.py [FIRST LAST [HOST [SECONDS]]]")
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
    except (error, ValueError) as e:
        sys.exit(f"no scan: {e}")
