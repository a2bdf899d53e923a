"""The wheel carries bytecode for its .hy files, which nothing compiles again."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from conftest import ROOT

# Compiling all Hy of the package takes most of a minute.
pytestmark = pytest.mark.timeout(240)

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the sources, so that nothing of an earlier build gets in."""
    source = tmp_path_factory.mktemp("source") / "hy_iolib"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(
        ".git", ".venv*", "build", "*.egg-info", "__pycache__"))
    out = source.parent / "wheels"
    pip("wheel", "--no-build-isolation", "--no-deps", "-w", out, source)
    [path] = out.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", target, wheel)
    return target


def pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check",
                    *map(str, arguments)], check=True, timeout=200)


def test_name_and_content(wheel):
    assert wheel.name.endswith(f"-{TAG}-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "hy_iolib/py.typed" in names
    sources = [n for n in names if n.endswith(".hy")]
    assert len(sources) == len(list((ROOT / "hy_iolib").rglob("*.hy")))
    for source in sources:
        folder, _, name = source.rpartition("/")
        assert f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc" in names
    assert not [n for n in names if n.startswith(("tests", "examples", "docs"))]


def test_bytecode_is_of_the_unchecked_kind(installed):
    for source in (installed / "hy_iolib").rglob("*.hy"):
        bytecode = pathlib.Path(importlib.util.cache_from_source(str(source)))
        octets = bytecode.read_bytes()
        assert octets[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(octets[4:8], "little") == 0b01
        assert octets[8:16] == importlib.util.source_hash(source.read_bytes())


def test_import_compiles_nothing_and_does_not_need_hyrule(installed):
    for source in installed.rglob("*.hy"):
        os.utime(source)  # as installing may
    code = ("import sys, hy_iolib; assert hy_iolib.__file__.startswith(sys.argv[1]), hy_iolib;"
            "assert 'hyrule' not in sys.modules;"
            "import hy_iolib.tour; print(hy_iolib.make_socket.__code__.co_filename)")
    done = subprocess.run(
        [sys.executable, "-c", code, str(installed)], capture_output=True, text=True, check=True,
        cwd=installed.parent, timeout=50,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1",
             "HY_MESSAGE_WHEN_COMPILING": "1"})
    assert "Compiling" not in done.stderr and done.stderr == ""
    # Tracebacks show the installed source.
    assert done.stdout.strip() == str(installed / "hy_iolib" / "sockets" / "creation.hy")


def test_this_check_would_notice(installed, tmp_path):
    shutil.copytree(installed / "hy_iolib", tmp_path / "hy_iolib",
                    ignore=shutil.ignore_patterns("keywords*.pyc"))
    done = subprocess.run(
        [sys.executable, "-c", "import hy_iolib"], capture_output=True, text=True, check=True,
        cwd=tmp_path, timeout=50,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HY_MESSAGE_WHEN_COMPILING": "1"})
    assert "keywords.hy" in done.stderr
