"""An echo client: sends each line of its standard input, prints what comes back.

    python echo_client.py HOST PORT
"""

import sys

from hy_iolib import error, finish_output, make_socket, read_line, set_socket_option, write_line


def main(host: str, port: str) -> None:
    with make_socket(remote_host=host, remote_port=port, timeout=10, max_line_length=10000) as socket:
        set_socket_option(socket, "send-timeout", 10)
        for line in sys.stdin:
            write_line(line.rstrip("\n"), socket)
            finish_output(socket)
            print(read_line(socket, timeout=10))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python echo_client.py HOST PORT")
    try:
        main(*sys.argv[1:])
    except error as e:
        sys.exit(f"no echo: {e}")
