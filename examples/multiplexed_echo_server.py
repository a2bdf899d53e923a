"""An echo server on the event loop: many clients, one thread, and nobody waits for anybody.

    python multiplexed_echo_server.py [PORT [IDLE_SECONDS [CERTIFICATE]]]

Without a port it takes one that is free. It says which on its first line of output, and ends when it is
interrupted. A client that neither sends nor takes anything for IDLE_SECONDS has to go. With CERTIFICATE, a
PEM file of a certificate and its key, it also listens on another port, where it speaks TLS, and says which on
its second line.

With non_blocking_sockets, send_to and receive_from raise ewouldblock (a BlockingIOError) where they
would wait, which would keep everybody waiting. A write handler is there only while there is something
to send: a socket that can take more is ready all the time. And a client whose buffer is full is not
listened to until it has taken some of it: one that never reads costs so much memory and no more. Who
speaks TLS is served by the same handlers: they are called when the handshake is over, for what is there in
the clear.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Literal

from hy_iolib import (IPV4_LOOPBACK, accept_connection, error, event_base, event_dispatch, ewouldblock,
                      fd_monitored_p, iolib_error, local_port, make_socket, non_blocking_sockets,
                      receive_from, remove_fd_handlers, send_to, set_io_handler,
                      socket_stream_internet_active, socket_stream_internet_passive)

FULL = 65536  # octets in a client's buffer
CHUNK = 16384  # octets received at once


class Client:
    """Echoes what a client sends: until it has ended and all is sent, or it is gone."""

    def __init__(self, base: event_base, socket: socket_stream_internet_active, idle_seconds: float,
                 clients: set[Client]) -> None:
        self.base, self.socket, self.idle_seconds, self.clients = base, socket, idle_seconds, clients
        self.buffer = bytearray()
        self.ended = False
        clients.add(self)
        self.watch()

    def leave(self, why: object = None) -> None:
        if why:
            print(f"{self.socket}: {why}", flush=True)
        self.clients.discard(self)
        # Its handlers go with it. To one who has ended, TLS says goodbye.
        self.socket.close(abort=why is not None)

    def receive(self) -> None:
        received = receive_from(self.socket, size=CHUNK)
        self.buffer += received.data
        self.ended = received.count == 0

    def send(self) -> None:
        if self.buffer:
            del self.buffer[:send_to(self.socket, self.buffer)]

    def watch(self) -> None:
        """Have handlers for just what is to be done."""
        wanted: dict[Literal["read", "write"], bool] = {
            "read": not self.ended and len(self.buffer) < FULL, "write": bool(self.buffer)}
        for event, wants in wanted.items():
            if wants != fd_monitored_p(self.base, self.socket, event):
                if wants:
                    set_io_handler(self.base, self.socket, event, self.step, timeout=self.idle_seconds)
                else:
                    remove_fd_handlers(self.base, self.socket, **{event: True})

    def step(self, fd: int, event: str, exception: str | None) -> None:
        """Do what can be done now. What is wrong with this client concerns no other."""
        try:
            if exception == "timeout":
                # Who is still being sent something need not say anything.
                if not (event == "read" and self.buffer):
                    return self.leave("idle for too long")
            elif event == "read":
                self.receive()
                self.send()
            else:
                self.send()
        except ewouldblock:
            pass
        except iolib_error as e:
            return self.leave(e)
        if self.ended and not self.buffer:
            self.leave()
        else:
            self.watch()


def listen_for_clients(base: event_base, clients: set[Client], idle_seconds: float, port: int | str,
                       certificate: str | None = None) -> socket_stream_internet_passive:
    """A passive socket whose clients are served."""
    server = make_socket(connect="passive", local_host=IPV4_LOOPBACK, local_port=port, backlog=128,
                         tls={"certificate": certificate} if certificate else None)

    def accept(fd: int, event: str, exception: str | None) -> None:
        if socket := accept_connection(server, wait=False):
            Client(base, socket, idle_seconds, clients)

    set_io_handler(base, server, "read", accept)
    return server


def main(port: int | str = 0, idle_seconds: float | str = 60, certificate: str | None = None) -> None:
    clients: set[Client] = set()
    idle_seconds = float(idle_seconds)

    with non_blocking_sockets.let(True), event_base() as base, contextlib.ExitStack() as stack:
        server = stack.enter_context(listen_for_clients(base, clients, idle_seconds, port))
        print(f"listening on port {local_port(server)}", flush=True)
        if certificate:
            tls = stack.enter_context(listen_for_clients(base, clients, idle_seconds, 0, certificate))
            print(f"with TLS on port {local_port(tls)}", flush=True)
        try:
            event_dispatch(base)
        finally:
            for client in clients:
                client.socket.close(abort=True)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        sys.exit("usage: python multiplexed_echo_server.py [PORT [IDLE_SECONDS [CERTIFICATE]]]")
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except (error, ValueError) as e:
        sys.exit(f"no server: {e}")
