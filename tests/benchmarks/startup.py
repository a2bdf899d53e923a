"""`import hy_iolib` as a whole process, against `import asyncio`.

Says something of an installed package only: from a source tree without bytecode, Hy compiles first.
"""

import os
import subprocess
import sys
import tempfile

from measure import compare

ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def importing(module, folder):
    def run(number):
        for _ in range(number):
            subprocess.run([sys.executable, "-c", f"import {module}"], env=ENVIRONMENT, cwd=folder,
                           check=True)
    return run


def main():
    with tempfile.TemporaryDirectory() as folder:
        compare("import hy_iolib, whole process",
                importing("hy_iolib", folder), importing("asyncio", folder), 1, 2)
