"""Teeth: each patch in `tests/mutants` breaks one rule, and the tests that its first line names must notice.

A patch begins with `# tests: PATH … [-k EXPRESSION]` and `# breaks: …`. By default only their upkeep is checked;
`pytest -m mutants` applies them one by one to a copy and expects each to make a test fail.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATCHES = sorted((ROOT / "tests/mutants").glob("*.patch"))
LONGEST = 300
GIT = shutil.which("git") or "git"
FAILED = re.compile(r"^\d+ failed", re.MULTILINE)
"""How pytest sums up; a mutant that cannot be collected, or whose fixtures break, proves nothing."""

each_patch = pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)


def head(patch):
    """The facts in a patch's first lines."""
    lines = patch.read_text(encoding="utf-8").splitlines()
    return dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("# "))


def chosen(patch):
    return shlex.split(head(patch)["tests"])


def test_there_are_enough_mutants_of_each_package():
    touched = [
        line for patch in PATCHES for line in patch.read_text(encoding="utf-8").splitlines() if line[:4] == "+++ "
    ]
    assert len(touched) == len(PATCHES) >= 20
    for package in ("fortnox_api", "fortnox_sim", "uku"):
        assert sum(f"/src/{package}/" in line for line in touched) >= 5


@each_patch
def test_a_mutant_still_applies_and_names_tests_that_exist(patch):
    check = [GIT, "apply", "--check", "-p1", str(patch)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert head(patch)["breaks"].endswith(".")
    paths = [word for word in chosen(patch) if word.startswith("tests/")]
    assert paths
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def by_file():
    """Everything that the patches name: each file with the expressions that choose from it, "" for all of it."""
    found: dict[str, list[str]] = {}
    for patch in PATCHES:
        words = chosen(patch)
        expression = words[words.index("-k") + 1] if "-k" in words else ""
        for path in (word for word in words if word.startswith("tests/")):
            found.setdefault(path, []).append(expression)
    return found


@pytest.fixture
def copy(tmp_path):
    """A copy of the code and its tests, and a way to run some of them: the exit status and what was printed."""
    root = tmp_path / "copy"
    for name in ("src", "packages", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    # Not a repository, and none around it, so that git takes the patch for the folder it stands in.
    sources = [root / "src", *root.glob("packages/*/src")]
    path = os.pathsep.join(map(str, sources))
    environment = {**os.environ, "PYTHONPATH": path, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    environment.pop("UKU_TEST_HOME", None)  # a run of its own has a database of its own

    def run(*words, timeout=LONGEST):
        return subprocess.run(
            words, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=timeout
        )

    return run


PYTEST = (sys.executable, "-m", "pytest", "-x", "-p", "no:xdist")


@pytest.mark.mutants
@pytest.mark.parametrize("path", by_file())
def test_the_named_tests_pass_where_nothing_is_broken(path, copy):
    expressions = by_file()[path]
    choice = [] if "" in expressions else ["-k", " or ".join(f"({each})" for each in dict.fromkeys(expressions))]
    done = copy(*PYTEST, path, *choice)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.mutants
@each_patch
def test_a_mutant_is_noticed(patch, copy):
    applied = copy(GIT, "apply", "-p1", str(patch))
    assert applied.returncode == 0, applied.stderr
    try:
        done = copy(*PYTEST, *chosen(patch))
    except subprocess.TimeoutExpired:
        return  # it hangs: noticed
    assert FAILED.search(done.stdout), f"{head(patch)['breaks']}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
