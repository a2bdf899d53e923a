"""Loaded Common Lisp against the same loops in plain Hy; and how long loading takes."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import types

import hy
from measure import compare

import loops_by_hand as by_hand

HERE = pathlib.Path(__file__).parent


def repeat(n, function, arguments):
    for _ in range(n):
        function(*arguments)


def main():
    from hy_iolib.cl.arrays import vector
    from hy_iolib.cl.conses import lisp_list
    from hy_iolib.cl.evaluation import evaluate
    from hy_iolib.cl.loading import load_file
    from hy_iolib.cl.reader import reader

    loops = load_file(str(HERE / "loops.lisp"))
    numbers = list(range(2000))
    text = "the quick brown fox jumps over the lazy dog " * 40
    words = text.split()
    records = [[(i * 7919) % 1009, f"name{i}"] for i in range(500)]
    lisp_records = lisp_list(lisp_list(r) for r in records)
    table = evaluate(reader("(make-hash-table :test 'equal)").read())
    octets = bytearray(range(256)) * 8
    make_item = loops["make_item"]

    def pair(name, ours, theirs, number):
        ours_function, their_function = loops[name], getattr(by_hand, name)
        compare(f"Common Lisp, {name.replace('_', '-')}",
                lambda n: repeat(n, ours_function, ours),
                lambda n: repeat(n, their_function, theirs), number, 3)

    pair("count_up", (5000,), (5000,), 50)
    pair("fibonacci", (16,), (16,), 30)
    pair("sum_vector", (vector(numbers),), (numbers,), 100)
    pair("sum_list", (lisp_list(numbers),), (numbers,), 100)
    pair("collect_evens", (lisp_list(numbers),), (numbers,), 100)
    pair("count_characters", (text, evaluate(reader("#\\o").read())), (text, "o"), 100)
    pair("tally", (lisp_list(words), table), (words, {}), 100)
    pair("checksum", (octets,), (octets,), 50)
    pair("fill_buffer", (octets,), (octets,), 50)
    pair("join_words", (lisp_list(words),), (words,), 100)
    pair("sort_records", (lisp_records,), (records,), 100)
    pair("find_record", (lisp_records, "name400"), (records, "name400"), 100)
    pair("call_closures", (2000,), (2000,), 100)
    pair("scan", (text,), (text,), 50)
    pair("reverse_by_hand", (lisp_list(numbers),), (numbers,), 100)
    pair("sum_slots", (lisp_list(make_item(weight=i) for i in numbers),),
         ([by_hand.item(i) for i in numbers],), 100)
    pair("special_counter", (2000,), (2000,), 100)
    loading()


def loading():
    """A thousand lines of programs, against as many of this library's own Hy."""
    from hy_iolib.cl.evaluation import Unit
    from hy_iolib.cl.loading import run_file

    from hy_iolib.cl.packages import hyx_XasteriskXpackageXasteriskX as package
    from hy_iolib.cl.symbols import COMMON_LISP_USER

    programs = sorted((HERE.parent / "data" / "cl-samples").glob("*.lisp"))
    sources = [p.read_bytes() for p in programs] * 3
    lines = sum(s.count(b"\n") for s in sources)
    hy_sources = [(HERE.parents[1] / "hy_iolib" / "streams" / name).read_text()
                  for name in ["gray_streams.hy", "input.hy", "output.hy"]]
    hy_lines = sum(s.count("\n") for s in hy_sources)

    def ours(n):
        for _ in range(n):
            for source in sources:
                with package.let(COMMON_LISP_USER):
                    run_file(Unit({"__name__": "loaded"}), source, "loaded")

    def theirs(n):
        for _ in range(n):
            for source in hy_sources:
                module = types.ModuleType("hy_iolib.streams.compiled")
                compile(hy.compiler.hy_compile(hy.read_many(source), module), "compiled", "exec")

    ratio = compare(f"Common Lisp, compiling {lines} lines, against {hy_lines} of Hy", ours, theirs, 1,
                    round(3 * lines / hy_lines, 2), pairs=5)
    print(f"Common Lisp, compiling a line: {ratio * hy_lines / lines:.2f} times a line of Hy (limit 3)")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(programs[0], folder)
        command = [sys.executable, "-m", "hy_iolib", "load", str(pathlib.Path(folder) / programs[0].name)]
        times = []
        for _ in range(4):
            start = time.perf_counter()
            subprocess.run(command, check=True)
            times.append(time.perf_counter() - start)
        print(f"Common Lisp, loading {programs[0].name} as a process: {times[0] * 1000:.0f} ms, then"
              f" {min(times[1:]) * 1000:.0f} ms from the cache")
