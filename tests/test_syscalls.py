"""The errno conditions and the one translation of OSError."""

import copy
import errno
import os
import pickle

import pytest

import hy_iolib
from hy_iolib import error, handler_bind, socket_error, syscall_error
from hy_iolib.syscalls import condition_from

# BEHAVIOUR: errno -> the condition socket-…-error that stands for it.
SOCKET_ERRORS = """
    EADDRINUSE address_in_use, EAFNOSUPPORT address_family_not_supported,
    EADDRNOTAVAIL address_not_available, ENETDOWN network_down, ENETRESET network_reset,
    ENETUNREACH network_unreachable, ENONET no_network, ECONNABORTED connection_aborted,
    ECONNRESET connection_reset, ECONNREFUSED connection_refused, ETIMEDOUT connection_timeout,
    EINPROGRESS connection_in_progress, ESHUTDOWN endpoint_shutdown, ENOBUFS no_buffer_space,
    EHOSTDOWN host_down, EHOSTUNREACH host_unreachable, EISCONN already_connected,
    ENOTCONN not_connected, ENOPROTOOPT option_not_supported, EOPNOTSUPP operation_not_supported"""
TABLE = [pair.split() for pair in SOCKET_ERRORS.split(",")]


@pytest.mark.parametrize("name, condition", TABLE)
def test_socket_errors(name, condition):
    code = getattr(errno, name)
    c = condition_from(OSError(code, os.strerror(code)), "connect", 7)
    assert type(c) is getattr(hy_iolib, f"socket_{condition}_error")
    assert isinstance(c, socket_error) and isinstance(c, error)
    # The one of the errno's own name is above it.
    assert isinstance(c, getattr(hy_iolib, name.lower()))


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_errno(code):
    original = OSError(code, os.strerror(code))
    c = condition_from(original, "read", 3)
    assert isinstance(c, syscall_error)
    # What a Python programmer catches.
    assert isinstance(c, type(original))
    assert (c.errno, c.error_code, c.strerror) == (code, code, os.strerror(code))
    assert hy_iolib.error_code(c) == code
    assert hy_iolib.error_message(c) == os.strerror(code)
    name = "EWOULDBLOCK" if code == errno.EAGAIN else errno.errorcode[code]
    assert getattr(errno, str(c.error_identifier).upper()) == getattr(errno, name)
    assert hy_iolib.error_identifier(c) == c.error_identifier
    assert (c.syscall, c.fd, c.__cause__) == ("read", 3, original)
    assert "read on descriptor 3" in str(c)
    for twin in (pickle.loads(pickle.dumps(c)), copy.copy(c), copy.deepcopy(c)):
        assert type(twin) is type(c)
        assert (str(twin), twin.errno, twin.syscall, twin.fd) == (str(c), code, "read", 3)


def test_an_errno_that_nobody_knows():
    c = condition_from(OSError(9999, "strange"))
    assert type(c) is syscall_error
    assert c.errno == 9999 and c.error_identifier is None


@pytest.mark.parametrize("condition, builtin", [
    ("socket_connection_refused_error", ConnectionRefusedError),
    ("socket_connection_reset_error", ConnectionResetError),
    ("socket_connection_timeout_error", TimeoutError),
    ("ewouldblock", BlockingIOError), ("epipe", BrokenPipeError), ("hangup", BrokenPipeError),
    ("enoent", FileNotFoundError), ("eacces", PermissionError), ("poll_timeout", TimeoutError),
    ("end_of_file", EOFError)])
def test_builtins(condition, builtin):
    assert issubclass(getattr(hy_iolib, condition), builtin)


def test_made_by_people():
    e = hy_iolib.epipe()
    assert e.errno == errno.EPIPE and e.strerror == os.strerror(errno.EPIPE)
    e = hy_iolib.epipe(fd=5, syscall="send")
    assert e.fd == 5
    with pytest.raises(TypeError, match="syscall, fd"):
        hy_iolib.epipe(colour="red")
    seen = []
    with pytest.raises(BrokenPipeError), handler_bind(hy_iolib.epipe, seen.append):
        hy_iolib.error(hy_iolib.epipe)
    assert seen[0].errno == errno.EPIPE
