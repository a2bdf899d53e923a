"""An HTTP client: prints what is at a URL, and follows redirects.

    python http_client.py URL [SECONDS]

It teaches: a socket is a stream of lines and of octets, in turn, and each goes on where the other has
stopped. The status and the headers are lines; the body is octets, as many as Content-Length says, or
chunks with a line before each, or all there are. What comes is printed as it comes, in pieces, so that no
page is too long; a line can be, and max_line_length says when. The option receive-timeout holds for all
that reads and is given no timeout of its own: no wait for the server takes longer than SECONDS (30).
"""

import math
import os
import re
import string
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from hy_iolib import (error, finish_output, make_socket, read_line, read_sequence, set_socket_option,
                      socket_stream_internet_active, write_line)

CHUNK = 65536  # octets in a piece
MOST_HEADERS = 100
MOST_INTERIM = 10  # answers before the answer
MOST_REDIRECTS = 5


class BadAnswer(error):
    """What the server says is no HTTP, or leads nowhere."""


def printable(text: str) -> str:
    """The text without what does things to a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def read_headers(socket: socket_stream_internet_active) -> dict[str, str]:
    """A dict of the header lines that come next, by names in lower case; several of one name are one list."""
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = read_line(socket)
        if not line:
            return headers
        print(printable(line), file=sys.stderr)
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise BadAnswer(f"more than {MOST_HEADERS} headers")


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


def number(what: str, digits: str, base: int) -> int:
    """The number that the server sent: digits, and nothing else that Python would take as well."""
    if not re.fullmatch("[0-9A-Fa-f]{1,15}" if base == 16 else "[0-9]{1,15}", digits):
        raise BadAnswer(f"the {what} is {digits!r}")
    return int(digits, base)


def chunks(socket: socket_stream_internet_active) -> Iterator[bytearray]:
    """The body that comes in chunks, each behind a line with its size, the last being empty."""
    while size := number("size of a chunk", read_line(socket).partition(";")[0].strip(), 16):
        yield from pieces(socket, size)
        if read_line(socket):
            raise BadAnswer("a chunk is longer than its size")
    read_headers(socket)


def body(socket: socket_stream_internet_active, status: int, headers: dict[str, str]) -> Iterable[bytearray]:
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if status == 204:
        return []
    if coding is not None and length is not None:
        raise BadAnswer("there are both a Transfer-Encoding and a Content-Length")
    if coding is None:
        return pieces(socket, math.inf if length is None else number("Content-Length", length, 10))
    if coding.lower() != "chunked":
        raise BadAnswer(f"the Transfer-Encoding is {coding!r}")
    return chunks(socket)


def read_head(socket: socket_stream_internet_active) -> tuple[int, dict[str, str]]:
    """The status and the headers of an answer that is of use."""
    line = read_line(socket)
    match = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9][0-9])( .*)?", line)
    if not match:
        raise BadAnswer(f"the answer begins with {line[:100]!r}")
    print(printable(line), file=sys.stderr)
    status, headers = int(match[1]), read_headers(socket)
    if status < 300 or status in (301, 302, 303, 307, 308) and "location" in headers:
        return status, headers
    raise BadAnswer(f"the server says {line.partition(' ')[2]}")


def get(url: str, seconds: float, output: BinaryIO) -> str | None:
    """Write to `output` what is at `url`; returns the URL that it leads to instead, if it does."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise BadAnswer(f"{url!r} is no http URL")
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    with make_socket(remote_host=parts.hostname, remote_port=parts.port or 80, timeout=seconds,
                     external_format=("latin-1", "eol_style", "crlf"), max_line_length=65536) as socket:
        set_socket_option(socket, "receive-timeout", seconds)
        for line in (f"GET {quote(target, safe=string.punctuation)} HTTP/1.1",
                     f"Host: {parts.netloc.rpartition('@')[2]}", "Connection: close", ""):
            write_line(line, socket)
        finish_output(socket, timeout=seconds)
        for _ in range(MOST_INTERIM + 1):
            status, headers = read_head(socket)
            if status >= 200:
                break
        else:
            raise BadAnswer(f"more than {MOST_INTERIM} answers before the answer")
        if status >= 300:
            return urljoin(url, headers["location"])
        output.writelines(body(socket, status, headers))
        output.flush()
        return None


def main(url: str, seconds: float | str = 30) -> None:
    for _ in range(MOST_REDIRECTS + 1):
        elsewhere = get(url, float(seconds), sys.stdout.buffer)
        if elsewhere is None:
            return
        url = elsewhere
    raise BadAnswer(f"more than {MOST_REDIRECTS} redirects")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python http_client.py URL [SECONDS]")
    try:
        main(*sys.argv[1:])
    except (error, ValueError, BrokenPipeError) as e:
        if isinstance(e, BrokenPipeError):
            # Nobody reads what is left in standard output's buffer; Python would try once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(f"no page: {printable(str(e))}")
