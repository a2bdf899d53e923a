"""What is released: the archive of the sources has all of them and makes a wheel; that carries bytecode for its .hy
files, which nothing compiles again; and the tests pass with it where the sources are not."""

import email
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

from conftest import ROOT

# Compiling all Hy of the package takes most of a minute.
pytestmark = pytest.mark.timeout(400)

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
FOLDERS = ["hy_iolib", "tests", "docs", "examples", ".ci"]
FILES = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"]


def copied(names, target):
    """The folders and files called NAMES, without what tests and builds leave there, in the folder TARGET."""
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "_build", ".*cache"))
        else:
            target.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, target)
    return target


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the sources, so that nothing of an earlier build gets into another."""
    return copied(FOLDERS + FILES, tmp_path_factory.mktemp("source") / "hy_iolib")


@pytest.fixture(scope="module")
def sdist(source):
    out = source.parent / "sdist"
    done = subprocess.run([sys.executable, "-c", "import setuptools.build_meta as b, sys; b.build_sdist(sys.argv[1])", out],
                          cwd=source, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower(), done.stderr
    [path] = out.iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(sdist):
    out = sdist.parent.parent / "wheels"
    pip("wheel", "--no-build-isolation", "--no-deps", "-w", out, sdist)
    [path] = out.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", target, wheel)
    return target


def pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check",
                    *map(str, arguments)], check=True, timeout=350)


def test_the_sources_are_all_there(sdist, source):
    with tarfile.open(sdist) as archive:
        there = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {str(path.relative_to(source)) for name in FOLDERS + FILES
              for path in [source / name, *(source / name).rglob("*")] if path.is_file()}
    assert "hy_iolib/sockets/creation.hy" in wanted and len(wanted) > 300
    assert wanted <= there
    assert not [name for name in there if name.endswith(".pyc")]


def test_what_is_said_about_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = email.message_from_bytes(archive.read(metadata))
    assert (said["Name"], said["Requires-Python"], said["Author"]) == ("hy_iolib", ">=3.10", "The hy_iolib developers")
    assert "MIT" in (said["License-Expression"], said["License"])
    classifiers = said.get_all("Classifier")
    assert f"Programming Language :: Python :: {sys.version_info.major}.{sys.version_info.minor}" in classifiers
    # The expression is in place of these, and both together are refused.
    assert not [c for c in classifiers if c.startswith("License ::")]
    assert said["Description-Content-Type"] == "text/markdown" and said.get_payload().startswith("# hy_iolib")


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


@pytest.mark.slow
def test_the_tests_pass_where_the_sources_are_not(installed, tmp_path):
    """A part of them; `.ci/run` has the whole suite run with an installed wheel."""
    folder = copied(["tests", "docs", "examples", "README.md", "pyproject.toml"], tmp_path / "empty")
    (folder / "tests" / "test_which.py").write_text(
        f"import hy_iolib\ndef test_which():\n    assert hy_iolib.__file__.startswith({str(installed)!r})\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_which.py", "tests/test_faces.py",
         "tests/test_readme.py", "tests/lisp/test_operators.hy", "tests/sockets/test_local.py", "tests/test_peers.py"],
        cwd=folder, capture_output=True, text=True, timeout=200, env={**os.environ, "PYTHONPATH": str(installed)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout
