"""Every public thing has a docstring, and the examples in it give what it says they give."""

import importlib
import inspect
import io
import pathlib
import re
import types

import hy
import pytest

import hy_iolib
from conftest import ROOT

PACKAGE = pathlib.Path(hy_iolib.__file__).parent
MODULES = [importlib.import_module(".".join(["hy_iolib", *path.relative_to(PACKAGE)
                                            .with_suffix("").parts]))
           for path in sorted(PACKAGE.rglob("*.hy"))]


def documented():
    """(name, docstring) of all that our modules define: functions, classes, methods, macros."""
    seen = set()
    for module in MODULES:
        yield module.__name__, module.__doc__
        for table in (vars(module), getattr(module, "_hy_macros", {})):
            for name, thing in list(table.items()):
                if (inspect.isroutine(thing) or inspect.isclass(thing)) \
                        and getattr(thing, "__module__", None) == module.__name__ \
                        and id(thing) not in seen:
                    seen.add(id(thing))
                    yield f"{module.__name__}.{hy.unmangle(name)}", thing.__doc__


DOCUMENTED = list(documented())


def reader():
    """One that knows our reader macros, as after (require hy-iolib :readers *)."""
    r = hy.HyReader()
    r.reader_macros.update(hy_iolib._hy_reader_macros)
    return r


def examples(doc):
    """(forms, expected text or None) for each `=> form…` of a docstring."""
    lines = doc.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.strip().startswith("=> "):
            continue
        source = line.strip()[3:]
        while True:
            try:
                forms = list(hy.read_many(source, reader=reader()))
                break
            except hy.PrematureEndOfInput:
                source += "\n" + lines.pop(0)
        expected = []
        while lines and lines[0].strip() and not lines[0].strip().startswith("=> "):
            expected.append(lines.pop(0).strip())
        yield forms, " ".join(expected) or None


def test_examples_are_found():
    # The collector itself can fail silently: so many there are at least.
    assert sum(len(list(examples(doc))) for _, doc in DOCUMENTED if doc) > 60


# The blocks without a language in docs/.
IN_DOCS = [(f"{path.name} block {i}", block)
           for path in sorted((ROOT / "docs").glob("*.md"))
           for i, block in enumerate(re.findall(r"```\n(.*?)```", path.read_text(), re.DOTALL))]


@pytest.mark.parametrize("name, doc", [pair for pair in DOCUMENTED + IN_DOCS if pair[1] and "=>" in pair[1]],
                         ids=lambda x: x if "\n" not in x else "")
def test_examples(name, doc):
    module = types.ModuleType("example")
    hy.eval(hy.read("(do (require hy-iolib *) (import hy-iolib *))"), module=module)
    hy.eval(hy.read("(import hy-iolib.lisp.packages [python-alias])"), module=module)
    hy.eval(hy.read("(import hy-iolib.lisp.formatting [format-control])"), module=module)
    try:
        for forms, expected in examples(doc):
            for form in forms:
                value = hy.eval(form, module=module)
            if expected is not None:
                assert hy.repr(value) == expected, f"in the docstring of {name}"
    finally:
        for thing in list(vars(module).values()):
            if isinstance(thing, (hy_iolib.socket, io.IOBase)):
                thing.close()


def test_everything_public_has_a_docstring():
    without = []
    for name in dir(hy_iolib):
        thing = getattr(hy_iolib, name)
        if (inspect.isroutine(thing) or inspect.isclass(thing)) and not name.startswith("_") \
                and not inspect.getdoc(thing):
            without.append(name)
    for name, macro in hy_iolib._hy_macros.items():
        if not macro.__doc__ and not getattr(hy_iolib, name, macro).__doc__:
            without.append(f"macro {name}")
    assert not without


def test_signatures_are_those_that_the_docstrings_speak_of():
    for operator in (hy_iolib.send_to, hy_iolib.receive_from):
        parameters = inspect.signature(operator).parameters
        assert "timeout" in parameters and "dont_wait" in parameters
