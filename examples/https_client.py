"""An HTTPS client: prints what a server has at a path.

    python https_client.py HOST PORT PATH [CA_FILE]

HOST is whose certificate the server must show; it must come from whom the system trusts, or from one in
CA_FILE. A body whose end is not known by Content-Length ends with the connection: if that is cut, so that
the body may be, there is an error and not half a page.
"""

import sys

from hy_iolib import (binary_file, error, finish_output, make_socket, read_line, read_sequence,
                      socket_stream_internet_active, tls_certificate_error, write_line)


def read_headers(socket: socket_stream_internet_active) -> dict[str, str]:
    """A dict of the header lines that come next, by their names in lower case."""
    headers: dict[str, str] = {}
    while line := read_line(socket, timeout=30):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return headers


def read_body(socket: socket_stream_internet_active, length: int | None) -> bytes | bytearray:
    """That many octets, or all there are if `length` is None."""
    if length is None:
        with binary_file(socket) as file:
            return file.read()
    body = bytearray(length)
    count = read_sequence(body, socket, timeout=30)
    return body[:count]


def fetch(host: str, port: str, path: str, ca_file: str | None = None) -> tuple[str, bytes | bytearray]:
    """The status line and the body of what the server at `host` has at `path`."""
    with make_socket(remote_host=host, remote_port=port, timeout=30,
                     external_format=("latin-1", "eol_style", "crlf"),
                     tls={"ca_file": ca_file} if ca_file else True) as socket:
        for line in f"GET {path} HTTP/1.0", f"Host: {host}", "":
            write_line(line, socket)
        finish_output(socket)
        status = read_line(socket, timeout=30)
        length = read_headers(socket).get("content-length")
        return status, read_body(socket, None if length is None else int(length))


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: python https_client.py HOST PORT PATH [CA_FILE]")
    try:
        status, body = fetch(*sys.argv[1:])
        print(status, file=sys.stderr)
        sys.stdout.buffer.write(body)
    except tls_certificate_error as e:
        sys.exit(f"not to be trusted: {e}")
    except error as e:
        sys.exit(f"no page: {e}")
