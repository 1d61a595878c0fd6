"""Where random numbers come from."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
RANDOM_FOR_SPREADING = {
    "src/uku/integrations/fortnox/tokens/grant_state.py",
    "packages/fortnox-api/src/fortnox_api/_clock.py",
}


def test_tokens_come_from_the_operating_systems_generator():
    """S44: `random` is used for spreading waits only, and no uuid is made anywhere."""
    found = set()
    for path in (*ROOT.glob("src/uku/**/*.py"), *ROOT.glob("packages/fortnox-api/src/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            if {"random", "uuid"} & set(names):
                found.add(str(path.relative_to(ROOT)))
    assert found == RANDOM_FOR_SPREADING
