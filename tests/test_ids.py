"""Every failure, input and security statement that is promised (reliability.md 4 to 6) has a test that names it."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ID = re.compile(r"(?<![A-Za-z0-9])([A-Z])(\d{2})(?![0-9])")

PROMISED = (
    *(f"F{number}" for number in (22, *range(29, 61), 85, 86, 87)),
    *(f"B{number}" for number in (*range(21, 55), 59, *range(61, 66))),
    *(f"I{number}" for number in range(20, 26)),
    *(f"S{number}" for number in range(15, 49)),
    "T35",
)
DO_NOT_APPLY = {
    "S27": "Fortnox documents no PKCE, and its consent page takes no parameter that it does not document",
    "S28": "there is one authorization server; no second provider can be mixed up with it",
}
RANDOM_FOR_SPREADING = {
    "src/uku/integrations/fortnox/tokens/grant_state.py",
    "packages/fortnox-api/src/fortnox_api/_clock.py",
}


def named():
    """Each id with the tests that name it: in the function's name or docstring, or in that of its class."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words = f"{node.name.upper().replace('_', ' ')} {ast.get_docstring(node) or ''}"
                for letter, number in ID.findall(words):
                    found.setdefault(f"{letter}{number}", []).append(f"{path.name}::{node.name}")
    return found


NAMED = named()


@pytest.mark.parametrize("promise", [each for each in PROMISED if each not in DO_NOT_APPLY])
def test_each_promise_has_a_test_that_names_it(promise):
    assert NAMED.get(promise, []) != []


def test_what_does_not_apply_is_promised_and_tested_nowhere():
    assert set(DO_NOT_APPLY) <= set(PROMISED)
    assert [each for each in DO_NOT_APPLY if each in NAMED] == []


def test_only_functions_count_and_not_what_stands_beside_them(tmp_path):
    """The search has teeth: a comment, a module's docstring and a longer word name nothing."""
    text = '"""F98"""\n# F99\ndef test_x():\n    """F97, XF96, F951"""\n    assert "F94"\n'
    tree = ast.parse(text)
    (function,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert ID.findall(ast.get_docstring(function)) == [("F", "97")]


def test_tokens_come_from_the_operating_systems_generator():
    """S44: `random` is used for spreading waits only, and no uuid is made anywhere."""
    root, found = TESTS.parent, set()
    for path in (*root.glob("src/uku/**/*.py"), *root.glob("packages/fortnox-api/src/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            if {"random", "uuid"} & set(names):
                found.add(str(path.relative_to(root)))
    assert found == RANDOM_FOR_SPREADING
