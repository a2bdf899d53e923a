"""Every public thing has a docstring, and the examples in it give what it says they give."""

import builtins
import contextlib
import doctest
import functools
import importlib
import inspect
import io
import pathlib
import re
import types

import hy
import pytest

import hy_iolib

PACKAGE = pathlib.Path(hy_iolib.__file__).parent
MODULES = [importlib.import_module(".".join(["hy_iolib", *path.relative_to(PACKAGE)
                                            .with_suffix("").parts]))
           for path in sorted(PACKAGE.rglob("*.hy"))]


def documented():
    """(name, docstring) of all that our modules define: functions, classes, special variables, macros."""
    seen = set()
    for module in MODULES:
        yield module.__name__, module.__doc__
        for table in (vars(module), getattr(module, "_hy_macros", {}),
                      getattr(module, "_hy_reader_macros", {})):
            for name, thing in list(table.items()):
                if (isinstance(thing, hy_iolib.special)
                        or (inspect.isroutine(thing) or inspect.isclass(thing))
                        and getattr(thing, "__module__", None) == module.__name__) \
                        and id(thing) not in seen and not name.startswith("_hy_anon"):
                    seen.add(id(thing))
                    yield f"{module.__name__}.{hy.unmangle(name)}", thing.__doc__


DOCUMENTED = list(documented())


def reader():
    """One that knows our reader macros, as after (require hy-iolib :readers *)."""
    r = hy.HyReader()
    r.reader_macros.update(hy_iolib._hy_reader_macros)
    return r


@functools.cache
def required_once():
    module = types.ModuleType("example")
    hy.eval(hy.read("""(do (require hy-iolib *)
                           (import hy-iolib *
                                   hy-iolib.lisp.packages [python-alias]
                                   hy-iolib.lisp.formatting [format-control]))"""), module=module)
    return module


def example_module():
    """A module for an example in Hy: it has all our names and macros, at once, since Hy takes its time."""
    module = types.ModuleType("example")
    vars(module).update({name: dict(value) if name.startswith("_hy_") else value
                         for name, value in vars(required_once()).items()})
    return module


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


@pytest.mark.parametrize("name, doc", [pair for pair in DOCUMENTED if pair[1] and "=>" in pair[1]],
                         ids=lambda x: x if "\n" not in x else "")
def test_examples(name, doc):
    check_examples(f"the docstring of {name}", doc)


def check_examples(name, doc):
    module = example_module()
    try:
        for forms, expected in examples(doc):
            for form in forms:
                value = hy.eval(form, module=module)
            if expected is not None:
                assert hy.repr(value) == expected, f"in {name}"
    finally:
        for thing in list(vars(module).values()):
            if isinstance(thing, (hy_iolib.socket, io.IOBase)):
                thing.close()


@contextlib.contextmanager
def example_globals():
    """The variables of a Python example; what it leaves open is closed."""
    variables = {}
    exec("from hy_iolib import *; import hy_iolib", variables)
    before = set(variables)
    try:
        yield variables
    finally:
        # What a `>>>` has shown last is kept in `_`.
        for thing in [vars(builtins).pop("_", None), *(variables[name] for name in set(variables) - before)]:
            for one in thing if isinstance(thing, (tuple, list)) else [thing]:
                if isinstance(one, hy_iolib.socket):
                    one.close(abort=True)
                elif hasattr(type(one), "close"):
                    one.close()


@pytest.mark.parametrize("name, doc", [pair for pair in DOCUMENTED if pair[1] and ">>> " in pair[1]],
                         ids=lambda x: x if "\n" not in x else "")
def test_python_examples(name, doc):
    reports = []
    with example_globals() as variables:
        test = doctest.DocTestParser().get_doctest(doc, {}, name, None, 0)
        test.globs = variables  # what it is given, it copies
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=reports.append, clear_globs=False)
    assert not reports, "".join(reports)


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


# The packages and modules whose docstrings must be complete.
COMPLETE = ["lisp", "syscalls", "multiplex", "streams", "sockets", "trivial_sockets"]

complete = pytest.mark.parametrize("package", COMPLETE)

# The functions without an example in Python, and why.
HY_ONLY = {}


def slot_readers(module):
    """Those that `defcondition` makes, all alike."""
    return {f"{hy.mangle(name)}_{slot}"
            for name in module.__all__
            if inspect.isclass(c := getattr(module, name)) and issubclass(c, hy_iolib.condition)
            for slot in c.slots}


def public(package, *kinds):
    """{name: docstring} of what PACKAGE exports of KINDS: "function", "reader" (of a condition's slot),
    "class", "special", "macro"."""
    module = importlib.import_module(f"hy_iolib.{package}")
    found, seen, readers = {}, set(), slot_readers(module)
    for name in module.__all__:
        thing = getattr(module, name)
        kind = ("class" if inspect.isclass(thing)
                else ("reader" if name in readers else "function") if inspect.isroutine(thing)
                else "special" if isinstance(thing, hy_iolib.special) else None)
        if kind in kinds and id(thing) not in seen:
            seen.add(id(thing))
            # Its own: a class inherits the docstring of another for inspect.getdoc only.
            found[hy.unmangle(name)] = thing.__doc__ or ""
    if "macro" in kinds:
        for name in module._hy_export_macros:
            # An operator's macro has no docstring: the function that it calls has.
            found[hy.unmangle(name)] = module._hy_macros[name].__doc__ or getattr(module, name).__doc__ or ""
        for name, reader_macro in getattr(module, "_hy_reader_macros", {}).items():
            found[f"#{name}"] = reader_macro.__doc__ or ""
    return found


@complete
def test_docstrings_name_their_sources(package):
    documents = public(package, "function", "reader", "class", "special", "macro")
    assert len(documents) > 5
    assert not [name for name, doc in documents.items()
                if not re.search(r"\n\n *Source: \S.*(\n *\S.*)*\.\s*\Z", doc)]


@complete
def test_functions_and_macros_have_examples_in_hy(package):
    documents = public(package, "function", "macro")
    assert not [name for name, doc in documents.items() if not re.search("^ *=> ", doc, re.MULTILINE)]


@complete
def test_functions_have_examples_in_python(package):
    documents = public(package, "function")
    assert not [name for name, doc in documents.items() if ">>> " not in doc and name not in HY_ONLY]


def test_exceptions_are_of_use():
    everything = {name: doc for package in COMPLETE for name, doc in public(package, "function").items()}
    assert all(reason and ">>> " not in everything[name] for name, reason in HY_ONLY.items())


def test_the_docstring_of_socket_option_names_each_of_them():
    from hy_iolib.sockets.options import options
    assert not [name for name in options if f"`:{name}`" not in hy_iolib.socket_option.__doc__]


def test_signatures_are_those_that_the_docstrings_speak_of():
    for operator in (hy_iolib.send_to, hy_iolib.receive_from):
        parameters = inspect.signature(operator).parameters
        assert "timeout" in parameters and "dont_wait" in parameters
