"""The stubs: they say what is there, type checkers see by them what programs do, and it is so.

mypy and pyright look at the stubs of the library that the tests import, from another folder than its
sources.
"""

import ast
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import types
import typing

import pytest

import hy_iolib
from conftest import ROOT
from hy_iolib.sockets import classes, creation, options

pytestmark = pytest.mark.slow

HERE = pathlib.Path(__file__).parent
PROGRAMS = [HERE / "typical_uses.py", *sorted((ROOT / "examples").rglob("*.py"))]


@pytest.fixture
def check(tmp_path):
    """Run one of Python's modules on the library, and return what it prints; it must have nothing to say
    against it."""
    where = {**os.environ, "PYTHONPATH": str(pathlib.Path(hy_iolib.__file__).parent.parent),
             # No word of newer ones.
             "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}

    def check(module, *arguments):
        done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], cwd=tmp_path, env=where,
                              capture_output=True, text=True, timeout=55)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return check


def test_stubs_are_what_is_there(check, tmp_path):
    allowed = []
    if sys.version_info < (3, 11):
        # It tells of parameters that no stub can name (`class`), and of those of its total_ordering.
        (tmp_path / "allowed").write_text(
            "hy_iolib.cl.(allocate_instance|copy_readtable|make_instance)\nhy_iolib.*.__(ge|gt|le)__\n")
        allowed = ["--allowlist", tmp_path / "allowed"]
    assert "no issues found" in check("mypy.stubtest", "hy_iolib", *allowed)


def stub_of(module):
    return ast.parse(pathlib.Path(module.__file__).with_suffix(".pyi").read_text())


def test_keywords_of_make_socket_are_those_of_the_kinds():
    of_all = {"address_family", "type", "connect", "ipv6", "protocol"}
    rows = {f.returns.id: {a.arg for a in f.args.kwonlyargs} - of_all
            for f in stub_of(creation).body if isinstance(f, ast.FunctionDef) and f.name == "make_socket"}
    assert set.union(*(set(kind.options) for kind in classes.kinds.values())) == rows.pop("socket")
    assert rows == {kind.__name__: kind.options for kind in classes.kinds.values()}


def test_socket_options_are_those_of_the_table():
    groups = {"_ReadBool": {("bool", "r")}, "_Bool": {("bool", "rw")}, "_ReadInt": {("int", "r")},
              "_Int": {("int", "rw"), ("bits", "rw")}, "_Group": {("group", "w")},
              "_Seconds": {("input-limit", "rw"), ("output-limit", "rw")}}
    named = {s.targets[0].id: set(ast.literal_eval(s.value.slice)) if isinstance(s.value.slice, ast.Tuple)
             else {ast.literal_eval(s.value.slice)}
             for s in stub_of(options).body
             if isinstance(s, ast.Assign) and getattr(s.targets[0], "id", "") in groups}
    # Those of which there is one of a type stand in the signatures.
    alone = {"linger", "tcp-congestion", "bind-to-device", "peer-credentials"}
    assert set.union(alone, *named.values()) == set(options.options)
    for group, names in named.items():
        for name in names:
            row = options.options[name]
            # None: this system lacks it.
            assert row is None or (row[2], row[3]) in groups[group], name


def test_mypy(check, tmp_path):
    said = check("mypy", "--strict", "--config-file=", "--cache-dir", tmp_path, *PROGRAMS)
    assert "no issues found" in said


def test_pyright(check, tmp_path):
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({
        "typeCheckingMode": "strict",
        # mypy's comments are not for pyright, and its own must be of use.
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
        # Beside a stub pyright looks for a .py.
        "reportMissingModuleSource": "none",
        # `from hy_iolib import *` shadows nothing.
        "reportWildcardImportFromLibrary": "none",
    }))
    told = json.loads(check("pyright", "--pythonpath", sys.executable, "--outputjson", *PROGRAMS))
    assert told["summary"]["filesAnalyzed"] == len(PROGRAMS)
    assert told["generalDiagnostics"] == []


def conforms(value, declared):
    """Is VALUE of the type DECLARED, as far as values show it?"""
    kind, arguments = typing.get_origin(declared), typing.get_args(declared)
    if declared is typing.Any:
        return True
    if declared is None:
        return value is None
    if kind in (typing.Union, types.UnionType):
        return any(conforms(value, one) for one in arguments)
    if kind is typing.Literal:
        return value in arguments
    if kind is tuple and Ellipsis not in arguments:
        return type(value) is tuple and len(value) == len(arguments) and all(map(conforms, value, arguments))
    if kind in (tuple, list):
        return isinstance(value, kind) and all(conforms(x, arguments[0]) for x in value)
    # An int that is declared is no bool.
    return isinstance(value, kind or declared) and (declared is bool or not isinstance(value, bool))


@pytest.fixture(scope="module")
def typical_uses():
    """The module, with an `assert_type` that looks at the value."""
    spec = importlib.util.spec_from_file_location("typical_uses", HERE / "typical_uses.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def assert_type(value, declared):
        if isinstance(declared, str):
            # Of `event_base[…]` and `special[…]`, which are generic in the stubs only, the class.
            if declared.startswith(("event_base", "special")):
                declared = declared.partition("[")[0]
            declared = eval(declared, vars(module))
        assert conforms(value, declared), f"{value!r} is not {declared}"
        return value

    module.assert_type = assert_type
    return module


def test_values_are_of_their_types(typical_uses):
    for use in typical_uses.RUN:
        use()


@pytest.mark.parametrize("value, declared", [
    (1, str), (True, int), (None, int), ((1, 2), tuple[int, str]), (["a"], list[int]),
    ("b", typing.Literal["a"]), (5, str | None), (hy_iolib.values(1, 2), tuple[int, int])])
def test_this_check_would_notice(value, declared):
    assert not conforms(value, declared)
