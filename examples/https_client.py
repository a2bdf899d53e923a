"""An HTTPS client: prints what a server has at a path.

    python https_client.py HOST PORT PATH [CA_FILE]

HOST is whose certificate the server must show; it must come from whom the system trusts, or from one in
CA_FILE. A body without a Content-Length ends with the connection: TLS says goodbye, so if that is cut, and
the body may be, there is an error. What comes is printed in pieces, as it comes, and no wait for the server
takes longer than PATIENCE. http_client.py knows more of HTTP.
"""

import math
import os
import re
import sys
from collections.abc import Iterator

from hy_iolib import (error, finish_output, make_socket, read_line, read_sequence, set_socket_option,
                      socket_stream_internet_active, tls_certificate_error, write_line)

PATIENCE = 30  # seconds
CHUNK = 65536  # octets in a piece
MOST_HEADERS = 100


class BadAnswer(error):
    """What the server says is no HTTP."""


def read_headers(socket: socket_stream_internet_active) -> dict[str, str]:
    """A dict of the header lines that come next, by their names in lower case."""
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = read_line(socket)
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raise BadAnswer(f"more than {MOST_HEADERS} headers")


def body_length(headers: dict[str, str]) -> float:
    """How many octets the body has; infinity if it ends with the connection."""
    digits = headers.get("content-length")
    if "transfer-encoding" in headers:
        raise BadAnswer("the body is encoded, which HTTP/1.0 does not know")
    if digits is None:
        return math.inf
    if not re.fullmatch("[0-9]{1,15}", digits):
        raise BadAnswer(f"the Content-Length is {digits!r}")
    return int(digits)


def pieces(socket: socket_stream_internet_active, length: float) -> Iterator[bytearray]:
    """So many octets, or all until the connection ends if that is infinity, in pieces."""
    while length:
        piece = bytearray(int(min(length, CHUNK)))
        count = read_sequence(piece, socket)
        yield piece[:count]
        length -= count
        if count < len(piece):
            if length < math.inf:
                raise BadAnswer("the connection ended in the middle of the body")
            return


def main(host: str, port: str, path: str, ca_file: str | None = None) -> None:
    """Print what the server at `host` has at `path`, and its status."""
    with make_socket(remote_host=host, remote_port=port, timeout=PATIENCE, max_line_length=65536,
                     external_format=("latin-1", "eol_style", "crlf"),
                     tls={"ca_file": ca_file} if ca_file else True) as socket:
        set_socket_option(socket, "receive-timeout", PATIENCE)
        for line in f"GET {path} HTTP/1.0", f"Host: {host}", "":
            write_line(line, socket)
        finish_output(socket, timeout=PATIENCE)
        status = read_line(socket)
        if not re.fullmatch(r"HTTP/1\.[01] [1-5][0-9][0-9]( [\x20-\x7e]*)?", status):
            raise BadAnswer(f"the answer begins with {status[:100]!r}")
        print(status, file=sys.stderr)
        sys.stdout.buffer.writelines(pieces(socket, body_length(read_headers(socket))))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: python https_client.py HOST PORT PATH [CA_FILE]")
    try:
        main(*sys.argv[1:])
    except tls_certificate_error as e:
        sys.exit(f"not to be trusted: {e}")
    except (error, BrokenPipeError) as e:
        if isinstance(e, BrokenPipeError):
            # Nobody reads what is left in standard output's buffer; Python would try once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(f"no page: {e}")
