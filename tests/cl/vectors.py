"""Forms and what SBCL gave for them: tests/data/cl/TOPIC.lisp and TOPIC.results, which record.lisp writes.

`python tests/cl/vectors.py TOPIC…` prints where we differ.
"""

import contextlib
import io
import pathlib
import sys

import hy  # noqa: F401

DATA = pathlib.Path(__file__).parents[1] / "data" / "cl"


def standard_class(error):
    from hy_iolib.cl import symbols
    from hy_iolib.cl.conditions import condition_of

    for cls in type(condition_of(error)).__mro__:
        name = cls.__name__.replace("_", "-").upper()
        s = symbols.COMMON_LISP.present.get(name)
        if s is not None and name in symbols.COMMON_LISP.external and not name.startswith("SIMPLE-"):
            return name
    return f"(python {type(error).__name__}: {error})"


def result_line(x):
    from hy_iolib.cl.evaluation import evaluate
    from hy_iolib.cl.printer import cl_prin1_to_string
    from hy_iolib.cl.printer import print_pretty
    from hy_iolib.lisp.multiple_values import values

    output = io.StringIO()
    errors = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            result = evaluate(x)
    except Exception as e:
        try:
            return f"! {standard_class(e)}"
        except Exception as broken:
            return f"! {broken!r} for {e!r}"
    parts = [output.getvalue(), *(result if isinstance(result, values) else [result])]
    with print_pretty.let(None):
        return " ".join(cl_prin1_to_string(p) for p in parts).replace("\n", "⏎")


def topics():
    return sorted(p.stem for p in DATA.glob("*.results"))


def run(topic):
    from hy_iolib.cl.packages import hyx_XasteriskXpackageXasteriskX as package
    from hy_iolib.cl.printer import cl_prin1_to_string
    from hy_iolib.cl.reader import reader
    from hy_iolib.cl.symbols import COMMON_LISP_USER

    expected = (DATA / f"{topic}.results").read_text(encoding="utf-8").split("\n")[:-1]
    found = []
    with package.let(COMMON_LISP_USER):
        for n, x in enumerate(reader((DATA / f"{topic}.lisp").read_bytes(), topic)):
            if n == len(expected):
                raise SystemExit(f"{topic}.results is older than {topic}.lisp: record it again")
            ours = result_line(x)
            if ours != expected[n]:
                with contextlib.suppress(Exception):
                    found.append((n, cl_prin1_to_string(x), expected[n], ours))
    return len(expected), found


if __name__ == "__main__":
    import hy_iolib.cl.evaluation  # noqa: F401
    for topic in sys.argv[1:] or topics():
        count, found = run(topic)
        for n, form, expected, ours in found:
            print(f"{topic} {n}: {form[:300]}\n  SBCL {expected[:300]}\n  ours {ours[:300]}")
        print(f"{topic}: {count - len(found)} of {count}")
