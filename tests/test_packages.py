"""Each of the two libraries is a distribution that stands alone: built to a wheel, installed by itself, imported."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARIES = {"fortnox-api": "fortnox_api", "fortnox-sim": "fortnox_sim"}
each_library = pytest.mark.parametrize("name", LIBRARIES)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "-w", folder, *(ROOT / "packages" / name for name in LIBRARIES)], check=True)
    return {name: next(folder.glob(f"{module}-*.whl")) for name, module in LIBRARIES.items()}


@each_library
def test_a_wheel_carries_its_types_its_licence_and_nobody_elses_code(wheels, name):
    with zipfile.ZipFile(wheels[name]) as wheel:
        names = wheel.namelist()
    module = LIBRARIES[name]
    assert {path.split("/")[0].split("-")[0] for path in names} == {module}
    assert f"{module}/py.typed" in names
    assert [path for path in names if path.endswith("licenses/LICENSE")] != []


@each_library
def test_a_wheel_installed_alone_can_be_imported_beside_nothing_of_ours(wheels, name, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", tmp_path]
    subprocess.run([*install, wheels[name]], check=True)
    # What this checkout installed for editing is hidden, so that only the wheel and its own dependencies are found.
    hide = "import sys; sys.path[:] = [p for p in sys.path if not p.endswith('/src')]; sys.path.insert(0, sys.argv[1])"
    lines = [hide, f"import {LIBRARIES[name]} as library", "print(library.__file__)", "import importlib.util as find"]
    others = {"uku", *LIBRARIES.values()} - {LIBRARIES[name]}
    lines += [f"print([name for name in {sorted(others)} if find.find_spec(name)])"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), tmp_path], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == [str(tmp_path / LIBRARIES[name] / "__init__.py"), "[]"]


def test_the_simulator_is_a_command():
    done = subprocess.run(
        [Path(sys.executable).parent / "fortnox-sim", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: fortnox-sim ")
