"""Every action that the code records anywhere can be read as words and found under a group."""

from __future__ import annotations

import ast
from pathlib import Path

import uku
from uku.web.audit_words import groups, words_of

SOURCES = sorted(Path(uku.__file__).parent.rglob("*.py"))
BY_FORMAT = {"fortnox.{word}": {"fortnox.enable", "fortnox.disable"}}


def recorded() -> set[str]:
    """The actions in calls of `record` and of what hands an `action` on to it, wherever it stands in the call."""
    found: set[str] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "uku.workspaces.audit" in ast.unparse(tree):
            found |= of_module(tree)
    return {name for name in found if "." in name}


def of_module(tree: ast.Module) -> set[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    takes = {f.name: [a.arg for a in f.args.args].index("action") for f in functions if takes_in_place(f)}
    found: set[str] = set()
    for scope in [tree, *functions]:
        for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
            given = [keyword.value for keyword in call.keywords if keyword.arg == "action"]
            place = takes.get(ast.unparse(call.func))
            given += call.args[place : place + 1] if place is not None else []
            for value in given:
                found |= texts(value, scope)
    return found


def takes_in_place(function: ast.FunctionDef) -> bool:
    return "action" in [argument.arg for argument in function.args.args]


def texts(value: ast.expr, scope: ast.AST) -> set[str]:
    """The texts that an expression can be: written there, or assigned to its name in the same function."""
    if isinstance(value, ast.JoinedStr):
        return BY_FORMAT[ast.unparse(value)[2:-1]]
    if isinstance(value, ast.Constant):
        return {value.value}
    if isinstance(value, ast.IfExp):
        return texts(value.body, scope) | texts(value.orelse, scope)
    if isinstance(value, ast.Name):
        assigned = [node for node in ast.walk(scope) if isinstance(node, ast.Assign)]
        return {
            text
            for node in assigned
            if value.id in [ast.unparse(name) for target in node.targets for name in ast.walk(target)]
            for constant in ast.walk(node.value)
            if isinstance(constant, ast.Constant) and isinstance(text := constant.value, str) and "." in text
            if " " not in text
        }
    return set()


def test_the_search_finds_the_usual_ways_to_record():
    assert {"client.create", "audit.export", "member.role", "account.sign_in", "fortnox.disable"} <= recorded()


def test_every_recorded_action_has_words():
    assert sorted(action for action in recorded() if words_of(action) == action) == []


def test_every_recorded_action_stands_in_a_group():
    beginnings = [beginning for group in groups().values() for beginning in group]
    assert sorted(action for action in recorded() if action.split(".")[0] not in beginnings) == []
    assert len(beginnings) == len(set(beginnings))
