"""What the package offers to Python and to Hy, and how it is imported."""

import builtins
import re
import sys

import hy
import pytest

import hy_iolib

CAN_SHADOW = ["socket", "signal"]


def test_star_import_in_python_shadows_nothing():
    namespace = {}
    exec("from hy_iolib import *", namespace)
    assert "make_socket" in namespace and "ipv6" in namespace and "IPV4_LOOPBACK" in namespace
    for name in namespace:
        if name != "__builtins__":
            assert not hasattr(builtins, name) and name not in sys.stdlib_module_names, name
    for name in CAN_SHADOW:
        assert name not in namespace and hasattr(hy_iolib, name)


def test_star_import_in_hy_brings_all(tmp_path, monkeypatch, run, hy_script):
    script = "(import hy-iolib *) (print socket signal *ipv6* +ipv4-loopback+ address=)"
    (tmp_path / "stars.hy").write_text(script)
    monkeypatch.chdir(tmp_path)
    assert "hy_iolib" in run(sys.executable, "-c", "import hy, stars").stdout
    # A script without a suffix, as `#!/usr/bin/env hy` makes possible.
    (tmp_path / "script").write_text(script)
    assert "hy_iolib" in run(*hy_script, tmp_path / "script").stdout
    assert "hy_iolib" in run(sys.executable, "-m", "hy", "-c", "(require hy-iolib *)" + script).stdout


def test_names_are_unique_and_there():
    names = hy_iolib.__all__
    assert len(names) == len(set(names))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        hy_iolib.nonsense


@pytest.mark.parametrize("hy_name, python_name", [
    ("*ipv6*", "ipv6"), ("+ipv4-loopback+", "IPV4_LOOPBACK"), ("address=", "address_eq"),
    ("+any-host+", "ANY_HOST"), ("*default-backlog-size*", "default_backlog_size")])
def test_plain_names(hy_name, python_name):
    assert getattr(hy_iolib, hy.mangle(hy_name)) is getattr(hy_iolib, python_name)


def test_macros_can_be_required():
    for name in ("with-open-socket", "with-accept-connection", "handler-case", "setf", "make-socket"):
        assert hy.mangle(name) in hy_iolib._hy_macros


def test_what_each_package_has():
    import hy_iolib.lisp
    import hy_iolib.multiplex
    import hy_iolib.sockets
    import hy_iolib.streams
    assert hy_iolib.multiplex.poll_timeout is hy_iolib.poll_timeout
    assert "make_socket" in hy_iolib.sockets.__all__ and "socket" in hy_iolib.sockets.__all__
    assert "read_line" in hy_iolib.streams.__all__
    assert "with_open_socket" in hy_iolib.sockets._hy_macros


WITHOUT = """
import random, sys, {imports}  # random needs some of it itself
{removals}
import hy_iolib
from hy_iolib import *
with make_socket(connect="passive", local_host="127.0.0.1") as server, \\
        make_socket(remote_host="127.0.0.1", remote_port=local_port(server), timeout=5) as a, \\
        accept_connection(server, timeout=5) as b:
    write_line("x", a)
    finish_output(a)
    assert read_line(b) == "x"
    try:
        receive_from(b, size=1, timeout=0.01)
    except poll_timeout:
        print("works")
"""


@pytest.mark.parametrize("imports, removals", [
    ("select", "del select.epoll"),
    ("select", "del select.epoll, select.poll"),
    ("os", "del os.eventfd, os.register_at_fork"),
    ("socket", "del socket.AF_UNIX"),
    ("socket", "del socket.CMSG_LEN, socket.SCM_RIGHTS"),
    ("socket", "del socket.SOCK_NONBLOCK, socket.MSG_NOSIGNAL"),
    ("fcntl", "sys.modules['fcntl'] = None"),
])
def test_import_where_the_system_lacks_something(imports, removals, run):
    assert run(sys.executable, "-c", WITHOUT.format(imports=imports, removals=removals)).stdout \
        == "works\n"


def test_all_modules_say_what_belongs_in_them():
    import pathlib
    for path in pathlib.Path(hy_iolib.__file__).parent.rglob("*.hy"):
        assert re.match(r'"[^"]{15,}', path.read_text()), path
