# ruff: noqa: INP001
"""The figures of the house: modules, functions, helpers used once, names, circles and late imports, a line a package.

    python bench/house.py            # of this checkout
    python bench/house.py ANOTHER    # of another one

A helper used once is a private function that its own module names in one place. Imports inside functions count only
those of our own packages. Migrations are left out.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

ROOMS = ("fortnox_api", "fortnox_sim", "uku", "uku.integrations.fortnox", "uku.web", "uku.kit")
HEADINGS = ("modules", "lines", "functions", "used once", "…ing.py", "in circles", "late imports")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Code:
    """The modules of a checkout by their dotted names, parsed."""

    def __init__(self, root: Path) -> None:
        self.lines: dict[str, int] = {}
        self.trees: dict[str, ast.Module] = {}
        for source in (root / "src", *sorted(root.glob("packages/*/src"))):
            for path in sorted(source.rglob("*.py")):
                parts = path.relative_to(source).with_suffix("").parts
                if "migrations" not in parts:
                    name = ".".join(parts).removesuffix(".__init__")
                    text = path.read_text(encoding="utf-8")
                    self.lines[name], self.trees[name] = len(text.splitlines()), ast.parse(text)
        self.ours = {name.split(".")[0] for name in self.trees}
        self.circles = {name for circle in circles(self._arrows()) for name in circle}

    def functions(self, name: str) -> Iterator[Function]:
        for node in ast.walk(self.trees[name]):
            if isinstance(node, Function):
                yield node

    def used_once(self, name: str) -> int:
        """Count the private functions that their module names once, or never."""
        nodes = list(ast.walk(self.trees[name]))
        uses = Counter(node.id for node in nodes if isinstance(node, ast.Name))
        uses += Counter(node.attr for node in nodes if isinstance(node, ast.Attribute))
        private = (each.name for each in self.functions(name) if each.name[0] == "_" and each.name[:2] != "__")
        return sum(uses[each] <= 1 for each in private)

    def late_imports(self, name: str) -> int:
        return sum(self._is_ours(node) for each in self.functions(name) for node in ast.walk(each))

    def _is_ours(self, node: ast.AST) -> TypeGuard[ast.ImportFrom]:
        return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in self.ours

    def _arrows(self) -> dict[str, set[str]]:
        """Which module imports which when it is loaded."""
        arrows: dict[str, set[str]] = defaultdict(set)
        for name, tree in self.trees.items():
            late = {id(node) for each in self.functions(name) for node in ast.walk(each)}
            for node in ast.walk(tree):
                if self._is_ours(node) and id(node) not in late:
                    for alias in node.names:
                        longer = f"{node.module}.{alias.name}"
                        arrows[name].add(longer if longer in self.trees else node.module or "")
        return arrows


def circles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that import one another."""
    reached = {name: _reach(name, arrows) for name in list(arrows)}
    groups = {frozenset({name, *(o for o in found if name in reached.get(o, ()))}) for name, found in reached.items()}
    return [set(group) for group in groups if len(group) > 1]


def _reach(name: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [name]
    while ahead:
        for other in arrows.get(ahead.pop(), ()):
            if other not in found:
                found.add(other)
                ahead.append(other)
    return found


def figures(code: Code, room: str) -> list[str]:
    names = [name for name in code.trees if name == room or name.startswith(f"{room}.")]
    functions = sum(1 for name in names for _ in code.functions(name))
    once = sum(code.used_once(name) for name in names)
    share = f"{once} ({once / max(functions, 1):.0%})"
    ing = sum(name.endswith("ing") for name in names)
    circled = sum(name in code.circles for name in names)
    late = sum(code.late_imports(name) for name in names)
    lines = sum(code.lines[name] for name in names)
    return [str(each) for each in (len(names), lines, functions, share, ing, circled, late)]


def main() -> None:
    code = Code(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
    for title, *cells in (("", *HEADINGS), *((room, *figures(code, room)) for room in ROOMS)):
        print(f"{title:26}" + "".join(f"{cell:>14}" for cell in cells))  # noqa: T201


if __name__ == "__main__":
    main()
