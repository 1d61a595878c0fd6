"""Apply each patch of this folder to a copy, one by one, and demand that its tests fail.

    python tests/fortnox_sim/mutants/run.py [name …]

The first line of a patch names the test files that must notice it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CONFIG = (
    "[pytest]\naddopts = -q -x -p no:cacheprovider -p no:django --import-mode=importlib\nmarkers =\n  process: real\n"
)


def build(home: Path) -> Path:
    """Copy package and tests, with the shared data where tests look for it."""
    copy = home / "main"
    shutil.copytree(ROOT / "src" / "fortnox_sim", copy / "src" / "fortnox_sim")
    shutil.copytree(HERE.parent, copy / "tests" / "fortnox_sim")
    (copy / "pytest.ini").write_text(CONFIG, encoding="utf-8")
    (home / "shared").symlink_to(ROOT.parent / "shared")
    return copy


def fails(copy: Path, names: list[str]) -> bool:
    """Say whether the named test files notice the change."""
    files = [f"tests/fortnox_sim/{name}" for name in names]
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *files], cwd=copy, env=environment, capture_output=True, check=False
    )
    return done.returncode == 1


def noticed(copy: Path, patch: Path) -> bool:
    """Apply one patch, run its tests, take it back."""
    tests = patch.read_text(encoding="utf-8").splitlines()[0].lstrip("# ").split()
    for arguments in (["-p1"], ["-p1", "-R"]):
        command = ["patch", "--silent", *arguments, "-i", str(patch)]
        subprocess.run(command, cwd=copy, check=True)
        if arguments == ["-p1"]:
            found = fails(copy, tests)
    return found


def main() -> int:
    """Run all patches, or those that are named; give 1 when one goes unnoticed."""
    wanted = sys.argv[1:]
    patches = sorted(path for path in HERE.glob("*.patch") if not wanted or path.stem in wanted)
    survivors = []
    with tempfile.TemporaryDirectory() as home:
        copy = build(Path(home))
        for patch in patches:
            ok = noticed(copy, patch)
            sys.stdout.write(f"{'noticed ' if ok else 'SURVIVED'} {patch.stem}\n")
            sys.stdout.flush()
            survivors += [] if ok else [patch.stem]
    sys.stdout.write(f"{len(patches) - len(survivors)} of {len(patches)} noticed\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
