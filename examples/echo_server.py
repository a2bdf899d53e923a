"""A line-echo server, a thread for each client.

    python echo_server.py [PORT]

Without a port it takes one that is free. It says which on its first line of output, and ends when it
is interrupted.
"""

import sys
import threading

from hy_iolib import (accept_connection, error, finish_output, local_port, make_socket, read_line,
                      set_socket_option, socket_stream_internet_active, write_line)


def echo(client: socket_stream_internet_active) -> None:
    try:
        with client:
            # An hour of silence is too long, and so is a minute in which nothing of what is sent is taken.
            set_socket_option(client, "send-timeout", 60)
            while (line := read_line(client, None, timeout=3600)) is not None:
                write_line(line, client)
                finish_output(client)
    except error as e:  # gone, or asleep: no concern of the others
        print(f"a client is gone: {e}", flush=True)


def main(port: int | str) -> None:
    with make_socket(connect="passive", local_host="127.0.0.1", local_port=port) as server:
        print(f"listening on port {local_port(server)}", flush=True)
        while True:
            client = accept_connection(server, max_line_length=10000)
            threading.Thread(target=echo, args=[client], daemon=True).start()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else 0)
    except KeyboardInterrupt:
        pass
    except error as e:
        sys.exit(f"no server: {e}")
