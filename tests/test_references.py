"""What code, tests and pages cite stands in this repository: ids in docs/reference, with the tests that prove them."""

import ast
import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
FOLDERS = ("src", "packages", "tests", "bench", "docs")
TEXTS = {".py", ".md", ".html", ".patch", ".toml"}
ALONE = r"(?:(?<=\"\"\")|(?<![\w/+=#%.\"'}-]))"  # no part of a longer word, an address or a text in quotes
ID = re.compile(ALONE + r"[FBSIL]\d{2}(?!\w)")
NOQA = re.compile(r"noqa: .*")
ENTRY = re.compile(r"^### ([FBSIL]\d{2}) .+$", re.MULTILINE)
PROOF = re.compile(r"^- `(tests/\S+\.py)::(test_\w+)`$", re.MULTILINE)
OUTSIDE = re.compile(
    r"(?i:\b(?:reliability|fortnox-api|invoicing|engineering|spec|peers),? (?:section )?(?:\d|[FBSIL]\d\d))"
    r"|(?<!shared/reference/)\b(?:reliability|fortnox-api|invoicing|engineering|spec|peers|house|words|design)\.md\b"
    rf"|{ALONE}[DPQTU]\d{{2}}(?!\w)"
)
"""A document that was outside, by its number of a section or its name, or an id of a list that is not here."""
NAMES_THEM = {"tests/test_references.py"}


def read_files():
    """What is written by hand and may cite something, by its name."""
    paths = chain(ROOT.glob("*.md"), *((ROOT / folder).rglob("*") for folder in FOLDERS))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths if path.suffix in TEXTS}


def read_entries():
    """Each id with its file, what the entry says, and the tests that it names."""
    entries = {}
    for page in sorted(REFERENCE.glob("*.md")):
        _, *parts = ENTRY.split(page.read_text(encoding="utf-8"))
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            assert name not in entries, f"{name} stands twice"
            entries[name] = (body, PROOF.findall(body))
    return entries


FILES = {name: text for name, text in read_files().items() if name not in NAMES_THEM}
ENTRIES = read_entries()


@cache
def docstrings_of(path):
    """What each test of a file says of itself."""
    source = ROOT / path
    tree = ast.parse(source.read_text(encoding="utf-8") if source.is_file() else "")
    return {node.name: ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_cited_id_has_an_entry():
    cited = {
        (name, each)
        for name, text in FILES.items()
        if not name.startswith("docs/reference/")
        for line in text.splitlines()
        for each in ID.findall(NOQA.sub("", line))
    }
    assert len(cited) > len(ENTRIES)
    assert sorted((name, each) for name, each in cited if each not in ENTRIES) == []


@pytest.mark.parametrize("name", ENTRIES)
def test_each_entry_names_tests_that_exist_and_one_of_them_cites_it(name):
    said = [docstrings_of(path).get(test) for path, test in ENTRIES[name][1]]
    assert None not in said
    assert [text for text in said if name in ID.findall(text)] != []


def test_each_entry_says_in_words_what_happens_and_what_uku_does():
    assert [
        name for name, (body, proofs) in ENTRIES.items() if len(PROOF.sub("", body).split()) < 3 or not proofs
    ] == []


def test_nothing_leads_to_a_document_outside_the_repository():
    found = [(name, line) for name, text in FILES.items() for line in text.splitlines() if OUTSIDE.search(line)]
    assert found == []


@pytest.mark.parametrize("line", ["(reliability F51)", "fortnox-api 3.3", "(spec section 9)", "engineering 9", "T35"])
def test_the_search_finds_documents_that_are_outside(line):
    assert OUTSIDE.search(line) is not None
