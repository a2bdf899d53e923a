"""A Redis client: sends commands, prints the replies as redis-cli does.

    python redis_client.py HOST PORT [COMMAND [ARGUMENT…]]

Without a COMMAND it takes commands from its standard input, one a line, quoted as in a shell.

It teaches: a protocol of lines and octets, RESP2, read as it comes: read_line for what a reply is and how
long, read_sequence for the octets. Errors are exceptions. And pipelining: commands are written to the
buffer of the stream, and finish_output sends them all; then come as many replies, and there was one round
trip to the server. An error among these is in its place, since the commands behind it were carried out.
"""

from __future__ import annotations

import itertools
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Union

from hy_iolib import error, finish_output, make_socket, read_line, read_sequence, write_sequence

BATCH = 1000  # commands that are sent at once
LONGEST = 512 * 2**20  # octets of a string: Redis's own limit
CHUNK = 65536  # octets in a piece of one: what it takes is what has come, not what is announced
DEEPEST = 32  # arrays in arrays
TIMEOUT = 30


class RedisError(error):
    """The server says that a command has failed."""


class BadReply(error):
    """What the server sends is no RESP."""


# A status is a str, a string bytes.
Reply = Union[str, bytes, int, None, RedisError, list["Reply"]]


class Redis:
    def __init__(self, host: str, port: int | str) -> None:
        self.socket = make_socket(remote_host=host, remote_port=port, timeout=TIMEOUT, nodelay=True,
                                  max_line_length=65536)

    def __enter__(self) -> Redis:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.socket.close(abort=kind is not None)

    def call(self, *arguments: str | bytes) -> Reply:
        """The reply to the command that `arguments`, strings or octets, are."""
        [reply] = self.pipeline([arguments])
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def pipeline(self, commands: Sequence[Sequence[str | bytes]]) -> list[Reply]:
        """A list of the replies to `commands`, sent at once; errors are among them, not raised."""
        for arguments in commands:
            write_sequence(b"*%d\r\n" % len(arguments), self.socket)
            for argument in map(os.fsencode, arguments):
                write_sequence(b"$%d\r\n%b\r\n" % (len(argument), argument), self.socket)
        finish_output(self.socket, timeout=TIMEOUT)
        return [self.read_reply() for _ in commands]

    def read_reply(self, depth: int = 0) -> Reply:
        line = read_line(self.socket, timeout=TIMEOUT)
        # At the end of the connection a line ends, too, in the midst of a number perhaps.
        if not line.endswith("\r"):
            raise BadReply(f"a reply is cut, or no RESP: {line[:100]!r}")
        kind, rest = line[0], line[1:-1]
        if kind == "+":
            return rest
        if kind == "-":
            return RedisError(rest)
        digits = rest.removeprefix("-")
        if kind not in (":", "$", "*") or not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            raise BadReply(f"a reply begins with {line[:100]!r}")
        number = int(rest)
        if kind == ":":
            return number
        if number == -1:
            return None
        if not 0 <= number <= LONGEST or depth == DEEPEST:
            raise BadReply(f"{kind}{rest} is too much")
        if kind == "*":
            return [self.read_reply(depth + 1) for _ in range(number)]
        octets = bytearray()
        while left := number + 2 - len(octets):
            piece = bytearray(min(left, CHUNK))
            count = read_sequence(piece, self.socket, timeout=TIMEOUT)
            octets += piece[:count]
            if count < len(piece):
                break
        if bytes(octets[number:]) != b"\r\n":
            raise BadReply("a string is cut, or longer than its length")
        return bytes(octets[:number])


ESCAPES = {ord(c): "\\" + e for c, e in zip('"\\\n\r\t\a\b', '"\\nrtab')}


def quoted(octets: bytes) -> str:
    return '"' + "".join(ESCAPES.get(o) or (chr(o) if 32 <= o < 127 else f"\\x{o:02x}") for o in octets) + '"'


def printable(text: str) -> str:
    """The text without what does things to a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def shown(reply: Reply) -> list[str]:
    """The lines that redis-cli prints for a reply."""
    if isinstance(reply, list):
        width = len(str(len(reply)))
        return [(" " * (width + 2) if j else f"{i:>{width}}) ") + line
                for i, item in enumerate(reply, 1)
                for j, line in enumerate(shown(item))] or ["(empty array)"]
    if reply is None:
        return ["(nil)"]
    if isinstance(reply, RedisError):
        return [f"(error) {printable(str(reply))}"]
    if isinstance(reply, int):
        return [f"(integer) {reply}"]
    return [quoted(reply) if isinstance(reply, bytes) else printable(reply)]


def main(host: str, port: str, *command: str) -> None:
    with Redis(host, port) as redis:
        if command:
            print(*shown(redis.call(*command)), sep="\n")
        else:
            commands = filter(None, (shlex.split(line) for line in sys.stdin))
            while batch := list(itertools.islice(commands, BATCH)):
                for reply in redis.pipeline(batch):
                    print(*shown(reply), sep="\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python redis_client.py HOST PORT [COMMAND [ARGUMENT…]]")
    try:
        main(*sys.argv[1:])
    except RedisError as e:
        sys.exit(*shown(e))
    except (error, ValueError, BrokenPipeError) as e:
        if isinstance(e, BrokenPipeError):
            # Nobody reads what is left in standard output's buffer; Python would try once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(f"no answer: {e}")
