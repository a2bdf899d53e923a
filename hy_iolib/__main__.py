"""`python -m hy_iolib`: a tour of the library, on the loopback interface of this machine."""

import argparse
import sys

import hy  # noqa: F401  makes .hy importable

if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="python -m hy_iolib",
        description="A tour of hy_iolib: starts a line-echo server and a daytime server on the "
                    "loopback interface, talks to them, and shows what was said.",
    ).parse_args()
    from hy_iolib.tour import main
    sys.exit(main())
