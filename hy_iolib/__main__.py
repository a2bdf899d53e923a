"""`python -m hy_iolib`: a tour of the library, on the loopback interface of this machine.
`python -m hy_iolib load FILE.lisp…` loads programs of Common Lisp.
`python -m hy_iolib names [PATTERN]` lists the library's names."""

import argparse
import sys

import hy  # noqa: F401  makes .hy importable


def main():
    parser = argparse.ArgumentParser(
        prog="python -m hy_iolib",
        description="Without a command: a tour of hy_iolib. It starts a line-echo server and a "
                    "daytime server on the loopback interface, talks to them, and shows what was "
                    "said.")
    commands = parser.add_subparsers(dest="command")
    load = commands.add_parser(
        "load", help="load programs of Common Lisp",
        description="Load files of Common Lisp, in their order, and evaluate forms.")
    load.add_argument("files", nargs="*", metavar="FILE.lisp")
    load.add_argument("-e", "--eval", action="append", default=[], metavar="FORM",
                      help="evaluate FORM when the files are loaded; may be repeated")
    load.add_argument("--check", action="store_true",
                      help="report what is wrong or not supported, and run nothing")
    load.add_argument("--list", action="store_true", help="print every operator that is known")
    names = commands.add_parser(
        "names", help="list the library's names",
        description="List the names of this library: in Hy, in Python, where it is, what it is, and "
                    "the first sentence of its documentation.")
    names.add_argument("pattern", nargs="?", default="", metavar="PATTERN",
                       help="only those with this in their name in Hy or Python, in any case of letters; "
                            "a glob is matched against the whole name")
    arguments = parser.parse_args()
    if arguments.command == "load":
        from hy_iolib.cl.command import load as run
        return run(arguments.files, arguments.eval, arguments.check, arguments.list)
    if arguments.command == "names":
        from hy_iolib.names import main as list_names
        return list_names(arguments.pattern)
    from hy_iolib.tour import main as tour
    return tour()


if __name__ == "__main__":
    sys.exit(main())
