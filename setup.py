"""The build: hy_iolib's .hy files, with their bytecode.

Hy compiles a module when it is first imported, and again at each import where bytecode can't be
written: seconds. So the build compiles them, with the interpreter that it runs under, and the wheel is
tagged for that.
"""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import setuptools
from setuptools import setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

# The tree that is being built, and the build's own hy; nothing else.
COMPILE = """
import sys
sys.path[:] = ["."] + {path!r}
import hy, importlib, pathlib
for path in sorted(pathlib.Path("hy_iolib").rglob("*.hy")):
    importlib.import_module(".".join(path.with_suffix("").parts))
"""


class build_with_bytecode(build_py):
    def run(self):
        if self.editable_mode:
            super().run()
            return
        root = pathlib.Path(self.build_lib)
        # What an earlier build left there, of files that are gone too, has no place in this one.
        shutil.rmtree(root / "hy_iolib", ignore_errors=True)
        super().run()
        subprocess.run(
            [sys.executable, "-c", COMPILE.format(path=sys.path)],
            cwd=root,
            check=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": "",
                 "PYTHONOPTIMIZE": ""})
        for bytecode in root.rglob("*.pyc"):
            source = pathlib.Path(importlib.util.source_from_cache(str(bytecode))).with_suffix(".hy")
            if source.exists():
                self.mark_unchecked(source, bytecode)
            else:
                bytecode.unlink()  # of a .py: installers make that

    def mark_unchecked(self, source, bytecode):
        """Make the header the hash-based one of PEP 552 that is not checked: installing changes file
        times, and an installed source doesn't change."""
        octets = bytecode.read_bytes()
        header = (octets[:4] + (0b01).to_bytes(4, "little")
                  + importlib.util.source_hash(source.read_bytes()))
        bytecode.write_bytes(header + octets[16:])

    def get_outputs(self, include_bytecode=1):
        return super().get_outputs(include_bytecode) + [
            str(path) for path in pathlib.Path(self.build_lib).rglob("*.pyc")]


class wheel_for_this_python(bdist_wheel):
    def get_tag(self):
        _, abi, platform = super().get_tag()
        return f"cp{sys.version_info.major}{sys.version_info.minor}", abi, platform


# In pyproject.toml a licence is written in one way before setuptools 77, and in another since then.
licence = "license_expression" if int(setuptools.__version__.partition(".")[0]) >= 77 else "license"

setup(**{licence: "MIT"}, cmdclass={"build_py": build_with_bytecode, "bdist_wheel": wheel_for_this_python})
