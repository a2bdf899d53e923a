"""The code in docs/ does what it says. What a block is, its language says:

- none: forms behind `=>` and what they give, as in docstrings; `pycon`: Python's, behind `>>>`;
- `python`, `hy`, `common-lisp`: a program by itself, as a file that is run; what it prints is in the `output` block
  directly behind it, if there is one;
- `text`, `sh`: for people;
- `{code-block}` with a `:caption:`: a file of a walk-through, which test_guides.py runs.

And the Manual has every name, and the site is built.
"""

import collections
import dataclasses
import doctest
import re
import subprocess
import sys
import types

import hy
import pytest

import hy_iolib
import hy_iolib.trivial_sockets
from conftest import ROOT
from hy_iolib.lisp.packages import python_alias
from test_docstrings import check_examples

PROGRAMS = ["python", "hy", "common-lisp"]
FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>.*)")
OPTION = re.compile(r":([a-z-]+): *(.*)")


@dataclasses.dataclass
class Block:
    place: str
    language: str
    text: str
    options: dict
    follows: bool  # only blank lines are between it and the block before

    def __str__(self):
        return self.place


def blocks(path):
    lines = enumerate(path.read_text().splitlines(), 1)
    follows = False
    for number, line in lines:
        fence = FENCE.fullmatch(line)
        if fence is None:
            follows = follows and not line.strip()
            continue
        indent, language, options, body = len(fence["indent"]), fence["language"].strip(), {}, []
        for _, line in lines:
            if line.strip() == fence["fence"]:
                break
            option = language.startswith("{") and not body and OPTION.fullmatch(line.strip())
            if option:
                options[option[1]] = option[2]
            else:
                body.append(line[indent:])
        else:
            raise AssertionError(f"{path}:{number}: a block without an end")
        if language.startswith("{code-block}") and "caption" not in options:
            language = language.removeprefix("{code-block}").strip()
        # A fresh line before the text keeps the numbers of lines in errors those of the file.
        yield Block(f"{path.relative_to(ROOT / 'docs')}:{number}", language,
                    "\n" * (number + len(options)) + "\n".join(body) + "\n", options, follows)
        follows = True


BLOCKS = [block for path in sorted((ROOT / "docs").rglob("*.md")) for block in blocks(path)]
EXAMPLES = [block for block in BLOCKS if block.language in ("", "pycon")]
SCRIPTS = [(block, after.text.strip("\n") if after and after.language == "output" else None)
           for block, after in zip(BLOCKS, [*BLOCKS[1:], None]) if block.language in PROGRAMS]


def test_the_kinds_of_blocks():
    kinds = collections.Counter("directive" if b.language.startswith("{") else b.language for b in BLOCKS)
    assert set(kinds) <= {"", "pycon", *PROGRAMS, "output", "text", "sh", "directive"}
    # The collector itself can fail silently: so many there are at least.
    assert kinds[""] > 20 and kinds["python"] > 3 and kinds["hy"] > 1
    for block in BLOCKS:
        sign = {"": "=> ", "pycon": ">>> "}.get(block.language)
        assert sign is None or block.text.lstrip().startswith(sign), f"{block}: nothing to try"
    for block, before in zip(BLOCKS, [None, *BLOCKS]):
        if block.language == "output":
            assert block.follows and before.language in PROGRAMS, f"{block}: output of nothing"


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_examples(block):
    place = f"docs/{block}"
    if block.language == "":
        check_examples(place, block.text)
        return
    variables, reports = {}, []
    exec("from hy_iolib import *", variables)
    test = doctest.DocTestParser().get_doctest(block.text, variables, place, None, 0)
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=reports.append)
    assert not reports, "".join(reports)


@pytest.fixture
def run_here(tmp_path, monkeypatch, capfd):
    """Run a program as if it were started by itself, without the second that starting takes; what it printed."""
    def run_here(block):
        path = tmp_path / f"block.{block.language}"
        path.write_text(block.text)
        monkeypatch.setattr(sys, "argv", [str(path)])
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
        capfd.readouterr()
        if block.language == "common-lisp":
            from hy_iolib.cl.command import load
            assert load([str(path)], [], False, False) == 0
        else:
            main = types.ModuleType("__main__")
            monkeypatch.setitem(sys.modules, "__main__", main)
            source = block.text
            if block.language == "hy":
                source = hy.compiler.hy_compile(hy.read_many(source, filename=str(path)), main)
            exec(compile(source, path, "exec"), vars(main))
        return capfd.readouterr().out
    return run_here


# Hy says so at the `require` of a whole dialect.
@pytest.mark.filterwarnings("ignore:New macro .* will shadow the core macro:RuntimeWarning")
@pytest.mark.parametrize("block, output", SCRIPTS, ids=lambda x: str(x) if isinstance(x, Block) else "")
def test_programs(block, output, run_here):
    printed = run_here(block)
    if output is not None:
        assert [line.rstrip() for line in printed.strip().splitlines()] == output.splitlines()


# ---- The Manual

MANUAL = [block for block in BLOCKS if block.place.startswith("manual/")]


def referred_to():
    """(module, name in Hy) of each entry of the Manual, in order; without the rows of `{errnos}`."""
    for block in MANUAL:
        if block.language.startswith("{reference}") and "example" not in block.options:
            module = block.options.get("module", "hy_iolib")
            for name in (block.language.removeprefix("{reference}") + " " + block.text).split():
                yield module, name


def public(module):
    """The names in Hy of all that MODULE gives a Hy program; those that have a plain alias once."""
    star = types.ModuleType("star")
    hy.eval(hy.read(f"(do (require {module} *) (import {module} *))"), module=star)
    names = {hy.unmangle(name) for name in [*vars(star), *star._hy_macros]
             if not name.startswith(("__", "_hy_")) and name != "hy"}
    readers = getattr(sys.modules[module], "_hy_reader_macros", {})
    return names - {hy.unmangle(python_alias(name) or "") for name in names} | {f"#{name}" for name in readers}


def is_errno(name):
    thing = getattr(hy_iolib.syscalls, hy.mangle(name), None)
    return isinstance(thing, type) and issubclass(thing, hy_iolib.syscall_error) and bool(thing.error_identifier) \
        and thing is not hy_iolib.socket_closed_error


@pytest.mark.parametrize("module", ["hy_iolib", "hy_iolib.trivial_sockets"])
def test_the_manual_has_every_name_once(module):
    entries = [name for of, name in referred_to() if of == module]
    assert sorted(entries) == sorted({name for name in public(module) if not is_errno(name)})
    assert {"socket", "format", "signal", "make-socket"} <= public("hy_iolib")
    assert sum(block.language == "{errnos}" for block in MANUAL) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_site(tmp_path):
    out = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", ROOT / "docs", out]
    built = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = "".join(path.read_text() for path in (out / "manual").glob("*.html"))
    targets = re.findall(r'id="([^"]+)"', pages)
    for module, name in referred_to():
        prefix = "" if module == "hy_iolib" else "trivial-sockets."
        assert prefix + (python_alias(name) or name).replace("#", "reader-") in targets
    for name in ["make_socket", "with-open-socket", "IPV4_LOOPBACK", "address_eq", "eperm",
                 "socket_address_in_use_error", "trivial-sockets.open_stream", "reader-ip"]:
        assert targets.count(name) == 1
    # A mention is a link; so is the other spelling of the same.
    assert 'href="operators.html#make-socket"' in pages
    index = (out / "genindex.html").read_text()
    assert all(f">{name}<" in index for name in ["make-socket", "make_socket", "+any-host+", "ANY_HOST"])
