"""Each distribution stands alone: installed from its wheel into an empty environment, and used as its page says.

An environment is given the wheel and what the wheel's metadata asks for, and nothing else.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.fortnox_api.conftest import SCOPES, Town
from tests.fortnox_sim.test_first_minutes import find_free_port, read_journal, run_section

ROOT = Path(__file__).parents[1]
MODULES = {"fortnox-api": "fortnox_api", "fortnox-sim": "fortnox_sim", "uku-with-fortnox": "uku"}
FOLDERS = {"fortnox-api": "packages/fortnox-api", "fortnox-sim": "packages/fortnox-sim", "uku-with-fortnox": "."}
OURS = {name: {name} for name in ("fortnox-api", "fortnox-sim")} | {"uku-with-fortnox": set(MODULES)}
"""What is installed from files: the product needs the two others, one of them for its demo."""
each_wheel = pytest.mark.parametrize("name", MODULES)
pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "-w", folder, *(ROOT / path for path in FOLDERS.values())], check=True)
    return {name: next(folder.glob(f"{name.replace('-', '_')}-*.whl")) for name in MODULES}


def names_needed(name):
    """Everything a distribution asks for, and what that asks for in turn, extras too; ours left out."""
    seen, left = set(), [(name, "")]
    while left:
        asking, extra = left.pop()
        for need in map(Requirement, metadata.requires(asking) or ()):
            applies = need.marker is None or need.marker.evaluate({"extra": extra})
            wanted = {(need.name, each) for each in ("", *need.extras)} - seen
            if applies and need.name not in MODULES:
                seen |= wanted
                left += wanted
    return {found for found, _ in seen}


@pytest.fixture(scope="module")
def environments(wheels, tmp_path_factory):
    """Make an empty environment for a wheel; give its folder of programs."""
    made = {}

    def make(name, without=""):
        if (name, without) in made:
            return made[name, without]
        ours = OURS[name] - {without}
        folder = tmp_path_factory.mktemp(name)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        install = [sys.executable, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet"]
        subprocess.run([*install, "--no-index", "--no-deps", *(wheels[each] for each in ours)], check=True)
        [site] = folder.glob("lib/python*/site-packages")
        for each in {need for one in ours for need in names_needed(one)}:
            for path in {file.parts[0] for file in metadata.files(each) if file.parts[0] != ".."}:
                if path != "__pycache__" and not (site / path).exists():
                    (site / path).symlink_to(metadata.distribution(each).locate_file(path))
        made[name, without] = folder / "bin"
        return made[name, without]

    return make


def run(program, *arguments, folder, **environment):
    """Run a program of an environment, without a trace of this checkout."""
    clean = {"PATH": f"{Path(program).parent}:{os.environ['PATH']}", "HOME": str(folder), **environment}
    done = subprocess.run(
        [program, *arguments], env=clean, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@each_wheel
def test_a_wheel_carries_its_types_its_licence_its_page_and_nobody_elses_code(wheels, name):
    with zipfile.ZipFile(wheels[name]) as wheel:
        names = wheel.namelist()
        [about] = [wheel.read(path).decode() for path in names if path.endswith("dist-info/METADATA")]
    assert {path.split("/")[0].split("-")[0] for path in names} == {MODULES[name], name.replace("-", "_")}
    assert f"{MODULES[name]}/py.typed" in names
    assert [path for path in names if path.endswith("licenses/LICENSE")] != []
    assert (ROOT / FOLDERS[name] / "README.md").read_text(encoding="utf-8") in about
    assert "License-Expression: Apache-2.0" in about


@each_wheel
def test_a_changelog_tells_of_the_version(name):
    text = (ROOT / FOLDERS[name] / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{metadata.version(name)}] - " in text


def test_the_client_brings_two_packages_and_nothing_else():
    lines = [Requirement(line) for line in metadata.requires("fortnox-api")]
    assert {need.name for need in lines if need.marker is None} == {"httpx2", "pydantic"}
    assert [(need.name, str(need.marker)) for need in lines if need.marker] == [("tzdata", 'sys_platform == "win32"')]


@each_wheel
def test_an_environment_holds_the_wheel_and_what_it_asks_for(environments, name, tmp_path):
    code = "import json, importlib.metadata as m; print(json.dumps(sorted({d.name for d in m.distributions()})))"
    found = json.loads(run(environments(name) / "python", "-c", code, folder=tmp_path))
    wanted = OURS[name] | {metadata.distribution(each).name for ours in OURS[name] for each in names_needed(ours)}
    assert set(found) == wanted


READER = """
import re, sys
from importlib.metadata import metadata

address, page = sys.argv[1], metadata("fortnox-api")["Description"]
names = {}
for block in re.findall(r"^```python\\n(.*?)^```", page.replace("http://127.0.0.1:8721", address), re.M | re.S):
    exec(compile(block, "README.md", "exec"), names)
print("read to the end")
"""


@pytest.fixture
def town(environments, tmp_path):
    """The simulator's own wheel, run by its own command."""
    with subprocess.Popen(
        [environments("fortnox-sim") / "fortnox-sim", "--port", "0", "--seed", "empty"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        found = Town(process.stdout.readline().split()[-1])
        found.control("switches", rate_limit=False)
        found.control("companies/556001/customers", Name="Almgrens Bygg AB", CountryCode="SE")
        found.control("companies/556001/articles", Description="Bokföring", SalesAccount=3041, SalesPrice="895")
        yield found
        found.http.close()
        found.app.close()
        process.terminate()


def test_the_clients_page_runs_with_its_wheel_alone(environments, town, tmp_path):
    bin_, redirect = environments("fortnox-api"), f"http://localhost:{find_free_port()}/fortnox/callback"
    every = f"{SCOPES} supplier supplierinvoice currency"
    arguments = ["authorize", "--client-id", "uku-demo", "--base-url", town.address, "--scopes", every, "--no-browser"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": tmp_path}
    secret = {"env": {"FORTNOX_CLIENT_SECRET": "uku-demo-secret"}}
    command = [bin_ / "python", "-u", "-m", "fortnox_api", *arguments, "--redirect-uri", redirect]
    with subprocess.Popen(command, **pipes, **secret) as process:
        url = next(line.strip() for line in process.stdout if line.strip().startswith("http"))
        town.http.get(redirect, params={"code": town.code(url), "state": re.search("state=([^&]+)", url)[1]})
        process.stdout.read()
    assert process.returncode == 0
    with subprocess.Popen([bin_ / "python", "-u", "-c", READER, town.address], env={}, **pipes) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if "/oauth-v1/auth?" in line:
                process.stdin.write(f"{town.code(lines[-1])}\n")
                process.stdin.flush()
    assert (process.returncode, lines[-1]) == (0, "read to the end")


@pytest.mark.parametrize(
    ("heading", "last"), [("The first minutes, with curl", "answer"), ("The books, with curl", "commit")]
)
def test_the_simulators_page_runs_with_its_wheel_alone(environments, tmp_path, heading, last):
    printed = run_section(heading, tmp_path, environments("fortnox-sim"))
    assert read_journal(printed)[-1]["kind"] == last


def test_the_products_commands_run_with_its_wheel_alone(environments, tmp_path):
    uku = environments("uku-with-fortnox") / "uku"
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = {line.split()[1] for line in re.findall(r"^\s*\.venv/bin/(uku .*)$", page, re.MULTILINE)}
    shown = run(uku, "--help", folder=tmp_path)
    assert {"migrate", "workspace", "serve", "doctor"} == commands
    assert [command for command in commands if command not in shown] == []
    python, snippets = uku.parent / "python", re.findall(r'`python -c "(.+?)"`', page)
    keys = [run(python, "-c", snippet, folder=tmp_path).strip() for snippet in snippets]
    assert [len(key) for key in keys] == [64, 44]
    settings = dict(zip(("UKU_SECRET_KEY", "UKU_TOKEN_KEYS"), keys, strict=True))
    settings["DATABASE_URL"] = settings["MIGRATE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    start = "from uku.boot import start_django; start_django(); from django.urls import reverse; print(reverse('home'))"
    assert run(python, "-c", start, folder=tmp_path, **settings) == "/\n"


@pytest.mark.parametrize("command", ["sim", "demo"])
def test_a_command_that_needs_the_demos_extra_says_so(environments, tmp_path, command):
    bin_ = environments("uku-with-fortnox", without="fortnox-sim")
    clean = {"PATH": str(bin_), "HOME": str(tmp_path)}
    done = subprocess.run([bin_ / "uku", command], env=clean, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "The simulated Fortnox is not installed: it comes with uku-with-fortnox[demo].\n",
        "",
    )


def test_an_environment_of_the_simulator_is_a_command(environments, tmp_path):
    assert run(environments("fortnox-sim") / "fortnox-sim", "--help", folder=tmp_path).startswith("usage: fortnox-sim ")
    assert shutil.which("fortnox-sim", path=environments("fortnox-api")) is None
