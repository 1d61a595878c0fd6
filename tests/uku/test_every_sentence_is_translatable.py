"""Every sentence that a person can see goes through gettext, so that it can be translated.

A sentence is a text with two words in the code, or a word in a template. None are: docstrings, log events, SQL, formats
of dates, the texts of errors and of `__str__` (which logs show), a `help_text`, and a key or lock. Listed are modules
that talk to the operator, modules that read what others write, and a few texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import uku

SOURCE = Path(uku.__file__).parent
TRANSLATED = {"_", "_lazy", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
NOT_SHOWN = {"help_text", "lock", "key", "name", "verbose_name"}
TWO_WORDS = re.compile(r"[^\W\d_]{2,},?[ \n]+[^\W\d_]{2,}|[^\W\d_]{3,}[:.,;]? $|^[:.,;]? [^\W\d_]{3,}")
OTHER_LANGUAGES = re.compile(  # SQL, an element, the format of a date
    r"[\s')]*(SELECT|INSERT|UPDATE|DELETE|WITH|SET|ON CONFLICT|AND|RETURNING|WHERE|EXISTS|- clock_timestamp[()]+ AS) "
    r"|<\w|[dMyHms,: ]+$"
)
FOR_THE_OPERATOR = (
    "boot.py", "cli.py", "commands.py", "config.py", "doctor.py", "mail_server.py", "settings.py", "demo/", "kit/",
    "web/server.py", "integrations/fortnox/connection/doctor.py", "integrations/fortnox/reload/command.py",
    "integrations/fortnox/invoices/command.py",
)  # fmt: skip
# Words of other programs, or of people, that are read and not shown.
READ = {
    "clients/import_files/fields.py": "what files call their columns, countries, currencies and VAT types",
    "clients/matching.py": "codes of what agrees; `evidence.py` has their words",
    "clients/names.py": "legal forms",
    "integrations/fortnox/health/error_codes.py": "what Fortnox says",
    "integrations/fortnox/health/error_page.py": "the head of a page in docs",
}
# Names of what is locked or sealed, what a task is called before its workspace says so, and a mark in masked texts.
TEXTS = {
    ("apps.py", "second factors"),
    ("integrations/fortnox/client/open.py", "tenant "),
    ("integrations/fortnox/connection/complete.py", "grant "),
    ("integrations/fortnox/connection/complete.py", "fortnox grant "),
    ("integrations/fortnox/customers/matching.py", "planned "),
    ("integrations/fortnox/jobs.py", "work "),
    ("integrations/fortnox/tokens/provider.py", "the token address is left alone for a while after failures"),
    ("integrations/fortnox/work/due.py", "fortnox "),
    ("integrations/fortnox/work/due.py", "fortnox connection "),
    ("invoices/deliveries.py", "delivery "),
    ("tasks/models.py", "Monthly summary"),
    ("web/templatetags/browsers.py", "Mac OS X"),
    ("workspaces/factors.py", "second factor"),
    ("workspaces/redaction.py", "[personal number]"),
}
# Words in templates that are the same in every language.
NAMES = {"Uku", "U", "Fortnox", "Bankgiro", "OCR"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if "/migrations/" not in f"/{name}" and not name.startswith(FOR_THE_OPERATOR) and name not in READ:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def named(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def is_error(node: ast.Call) -> bool:
    """`super().__init__(…)` of an exception."""
    return called(node) == "__init__" and isinstance(node.func, ast.Attribute)


def is_log(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in {"log", "re"}


def is_told_elsewhere(node: ast.AST) -> bool:
    """Say whether this part of the code is translated, or says nothing to a person."""
    match node:
        case ast.Call():
            return called(node) in TRANSLATED or is_log(node) or is_error(node)
        case ast.keyword():
            return node.arg in NOT_SHOWN
        case ast.Expr():
            return isinstance(node.value, ast.Constant)
        case ast.FunctionDef():
            return node.name == "__str__" and TRANSLATED.isdisjoint(named(node))
    return isinstance(node, ast.Raise)


def sentences(node: ast.AST) -> Iterator[tuple[int, str]]:
    if is_told_elsewhere(node):
        return
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if TWO_WORDS.search(text) and not OTHER_LANGUAGES.match(text):
        yield node.lineno, text
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


def test_every_sentence_in_the_code_goes_through_gettext():
    found = [(name, line, text) for name, tree in modules() for line, text in sentences(tree)]
    assert [text for text in found if (text[0], text[2]) not in TEXTS] == []
    assert TEXTS - {(name, text) for name, _line, text in found} == set()
    assert [name for name in (*FOR_THE_OPERATOR, *READ) if not (SOURCE / name).exists()] == []


TAGS = re.compile(
    r"{%\s*block page_class\s*%}.*?{%\s*endblock\s*%}"
    r"|{%\s*comment.*?{%\s*endcomment\s*%}|{%\s*blocktrans.*?{%\s*endblocktrans\w*\s*%}|{%.*?%}|{{.*?}}|{#.*?#}",
    re.DOTALL,
)
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
SHOWN_ATTRIBUTE = re.compile(r"""\b(?:alt|aria-label|placeholder|title|data-label)=(?:"([^"]*)"|'([^']*)')""")


def words_of(template: str) -> list[str]:
    """Return the words of a template that are not translated: between the tags, and in attributes that are read out."""
    bare = TAGS.sub("\0", template)
    attributes = [text for pair in SHOWN_ATTRIBUTE.findall(bare) for text in pair]
    nodes = MARKUP.sub("\n", bare).splitlines()
    found = [word for text in [*nodes, *attributes] for word in re.split(r"[\s\0]+", text)]
    return [word for word in found if re.search(r"[^\W\d_]{2,}", re.sub(r"&\w+;", "", word)) and word not in NAMES]


def test_every_word_in_a_template_is_translated():
    pages = sorted(path for path in SOURCE.rglob("*") if path.suffix in {".html", ".txt"} and "templates" in path.parts)
    found = {path.relative_to(SOURCE).as_posix(): words_of(path.read_text(encoding="utf-8")) for path in pages}
    assert {name: words for name, words in found.items() if words} == {}


def test_an_untranslated_sentence_is_found():
    """The rule itself: what it must find, and what it must let pass."""
    code = 'x = "Nothing was sent."\ny = f"Row {x} has no article"\nz = _("It is sent.")\nlog.info("was sent again")\n'
    assert [text for _line, text in sentences(ast.parse(code))] == ["Nothing was sent.", "Row ", " has no article"]
    page = '<p title="Too old">{% translate "It is sent." %} and {{ more }}</p>{% if some %}<b>Fortnox</b>{% endif %}'
    assert words_of(page) == ["and", "Too", "old"]
