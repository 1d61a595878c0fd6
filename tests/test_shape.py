"""The shape of the code as figures: what CONTRIBUTING.md promises about size, types, records and files."""

import ast
import inspect
import re
import tokenize
import tomllib
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

import fortnox_api

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "src", *ROOT.glob("packages/*/src")]
MODULES = sorted(path for folder in SOURCES for path in folder.rglob("*.py") if "migrations" not in path.parts)
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml"))]
OURS = {"fortnox-api", "fortnox-sim"}
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Brackets keep this file from finding itself.
LEFT_BEHIND = re.compile(r"p[y]p[i]\.org|pythonhos[t]ed|npm[j]s\.|deb\.debi[a]n|(?<!\w)/wor[k]/|/far[m]/|/opt/py[p]i")


class Function(NamedTuple):
    where: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def lines(self):
        return self.node.end_lineno - self.node.lineno + 1


def name_of(path):
    return str(path.relative_to(ROOT))


def documents():
    """The pages that tell what is."""
    return [
        *DECISIONS,
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("packages/*/README.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    ]


def test_every_python_file_that_a_document_names_exists():
    """A page may leave out the folders before; what is left names whole parts of the path."""
    folders = [*SOURCES, ROOT / "tests", ROOT / "bench"]
    known = [f"/{name_of(path)}" for folder in folders for path in folder.rglob("*.py")]
    named = [
        (page.name, name) for page in documents() for name in re.findall(r"`[^`\n]*?([\w/.-]+\.py)`", page.read_text())
    ]
    assert len(named) > 40  # the pattern finds them
    assert [found for found in named if not any(path.endswith(f"/{found[1]}") for path in known)] == []


def functions():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, FUNCTIONS):
                yield Function(f"{name_of(path)}:{node.lineno} {node.name}", node)


def test_modules_are_small():
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name.split("/src/")[0].partition("/")[0] for name in lines} == {"src", "packages"}
    assert max(lines.values()) > 300
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_functions_are_small():
    assert [function.where for function in functions() if function.lines > 60] == []


def is_annotated(node):
    plain = [*node.args.posonlyargs, *node.args.args]
    first_is_self = bool(plain) and plain[0].arg in {"self", "cls", "mcs", "_cls"}
    named = [*plain[first_is_self:], *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return node.returns is not None and all(argument.annotation for argument in named if argument)


def test_every_function_is_annotated():
    assert [function.where for function in functions() if not is_annotated(function.node)] == []


def comments(path):
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield f"{name_of(path)}:{token.start[0]}", token.string


def test_no_check_is_switched_off_without_its_name():
    bare = re.compile(r"type:\s*ignore(?!\[)|noqa(?!:)|pragma: no cover\s*$")
    everywhere = list(chain.from_iterable(comments(path) for path in [*MODULES, *ROOT.glob("tests/**/*.py")]))
    assert sum("noqa" in comment for _, comment in everywhere) > 20  # those with a name are found
    assert [where for where, comment in everywhere if bare.search(comment)] == []


def is_explained(name):
    """Only a docstring of its own counts: neither an inherited one nor the signature a dataclass writes."""
    thing = getattr(fortnox_api, name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return True
    written = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    return bool(written) and not written.startswith(f"{name}(")


def test_every_public_name_of_the_client_is_explained():
    assert [name for name in fortnox_api.__all__ if not is_explained(name)] == []


def test_decisions_are_numbered_without_gaps():
    assert len(DECISIONS) >= 9
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_five_headings_and_fits_a_page(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert re.match(rf"# {int(path.name[:4])}\. \S", text)
    assert len(text.splitlines()) <= 80


def direct_dependencies():
    """What the three distributions ask for, less one another."""
    listed = []
    for path in PROJECTS:
        project = tomllib.loads(path.read_text(encoding="utf-8"))
        listed += [project["project"]["dependencies"], *project["project"].get("optional-dependencies", {}).values()]
        listed += project.get("dependency-groups", {}).values()
    return {re.split(r"[\[<>=~! ]", line)[0] for line in chain.from_iterable(listed)} - OURS


def test_the_product_needs_the_versions_that_stand_beside_it():
    versions = {}
    for path in PROJECTS:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        versions[project["name"]] = project["version"]
    product = tomllib.loads(PROJECTS[0].read_text(encoding="utf-8"))["project"]
    asked = [*product["dependencies"], *product["optional-dependencies"]["demo"]]
    assert {line for line in asked if line.split("==")[0] in OURS} == {f"{name}=={versions[name]}" for name in OURS}


def test_every_direct_dependency_has_its_line():
    text = (ROOT / "docs/decisions/0009-dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))
    assert explained == direct_dependencies()


@pytest.mark.parametrize("name", ["lock", "foreign"])
def test_a_lock_pins_by_hash_and_names_no_address(name):
    wanted = direct_dependencies() if name == "lock" else {"fortpyx", "pyfortnox"}
    lock = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    assert re.findall(r"://|file:|--(?:extra-)?index|--find-links", lock) == []
    pinned = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert pinned
    assert [entry.split("\n")[0] for entry in pinned if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert wanted - {re.split(r"[\[= ]", entry)[0] for entry in pinned} == set()


def files_of_ours():
    folders = ("src", "packages", "tests", "docs", "requirements", ".ci")
    below = chain.from_iterable((ROOT / folder).rglob("*") for folder in folders)
    for path in sorted([*ROOT.glob("*"), *below]):
        if path.is_file() and path.name != ".git" and "__pycache__" not in path.parts:  # a worktree has a file there
            yield path


def test_no_file_names_a_registry_or_a_machine():
    found, begin = [], "https://py"
    assert LEFT_BEHIND.search(f"{begin}pi.org/simple")
    for path in files_of_ours():
        for number, line in enumerate(path.read_bytes().decode(errors="ignore").splitlines(), start=1):
            if LEFT_BEHIND.search(line):
                found.append(f"{name_of(path)}:{number}")
    assert found == []
