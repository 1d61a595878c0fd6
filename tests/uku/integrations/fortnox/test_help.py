"""Help covers what the contract covers, in our words, with exact labels, and is the same in docs and product."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from tests.journeys import contract

from uku.integrations.fortnox.help import CONNECTING, SUMMARY_TASKS, copy_to, text_of
from uku.kit.prose import anchor_of, render

DOCS = Path(__file__).parents[4] / "docs/help"
TEMPLATES = Path(__file__).parents[4] / "src/uku"
LABELS = (
    "Settings & Apps",
    "Fortnox",
    "Overview",
    "Enable",
    "Connect to Fortnox",
    "Authorize",
    "Disconnect",
    "Settings",
    "Reload data",
    "Integration",
    "Inactive",
    "Company Admin",
    "Company Owner",
)
STOPPED_WORKING = "The OAuth connection stopped working, or there are sync errors"
# Each heading of the contract, and ours for it.
TOPICS = {
    "Who can do this": "Who can do this",
    "Connect Fortnox in Uku": "Connect Fortnox",
    "What syncs": "What syncs",
    "Reconnect or disconnect Fortnox": "Reconnect or disconnect",
    "Troubleshooting": "Troubleshooting",
    "”You do not have permission to grant access” during the OAuth flow": "You do not have permission to grant access",
    "Wrong Fortnox company is connected": "The wrong Fortnox company is connected",
    "”OAuth connection stopped working” or sync errors": STOPPED_WORKING,
    "A customer or article is missing after sync": "A customer or article is missing after a sync",
}
# What each section must speak of, as words that stand in it.
FACTS = {
    "Who can do this": ("Team", "Elite", "administrator", "Sweden", "Finland"),
    "Connect Fortnox": (
        "invoices",
        "customers",
        "articles",
        "automatically",
        "new owner",
        "access was removed",
        "Overview",
    ),
    "What syncs": ("Integration", "matched by contact details", "paid amounts and dates", "VAT", "summary tasks"),
    "Reconnect or disconnect": (
        "revokes",
        "disconnects the company",
        "Clients, invoices and links are kept",
        "one Fortnox company",
    ),
    "You do not have permission to grant access": ("administrator", "Authorize"),
    "The wrong Fortnox company is connected": ("Disconnect", "Authorize", "one workspace for each company"),
    STOPPED_WORKING: ("new tokens", "subscription", "licence"),
    "A customer or article is missing after a sync": ("Reload data", "12 months", "Inactive"),
}


def sections_of(text: str) -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", text, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_every_heading_of_the_contract_has_its_section_in_help():
    assert set(TOPICS) == set(contract.headings())
    assert set(TOPICS.values()) <= set(sections_of(text_of(CONNECTING)))


@pytest.mark.parametrize("heading", FACTS)
def test_a_section_of_help_speaks_of_what_the_contract_speaks_of(heading):
    body = sections_of(text_of(CONNECTING))[heading]
    assert [fact for fact in FACTS[heading] if fact not in body] == []


def test_every_label_of_the_contract_stands_in_help_exactly_and_bold():
    assert [label for label in LABELS if f"**{label}**" not in text_of(CONNECTING)] == []
    told = "\n".join(contract.lines())
    assert [label for label in LABELS if label not in told] == []


@pytest.mark.parametrize("row", range(5))
def test_every_row_of_what_syncs_is_in_help_with_its_direction(row):
    name, direction, _notes = contract.rows()[row]
    assert f"| {name} | {direction} |" in text_of(CONNECTING)


def test_help_says_it_in_our_own_words():
    """No sentence of the contract is copied: the longest run of words in common stays short."""
    ours = [w for w in re.split(r"\W+", text_of(CONNECTING).lower()) if w]
    theirs = [w for w in re.split(r"\W+", " ".join(contract.to_be_proven()).lower()) if w]
    match = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    assert match.size <= 12, " ".join(ours[match.a : match.a + match.size])


def test_the_bold_labels_of_help_stand_in_the_product():
    """A label that the product no longer has would send people looking."""
    product = "\n".join(
        path.read_text(encoding="utf-8") for kind in ("html", "py") for path in TEMPLATES.rglob(f"*.{kind}")
    ).replace("&amp;", "&")
    for name in (CONNECTING, SUMMARY_TASKS):
        labels = set(re.findall(r"\*\*(.+?)\*\*", re.sub(r"\s+", " ", text_of(name))))
        assert len(labels) >= 10
        assert [label for label in sorted(labels) if label not in product] == []


def test_docs_hold_the_same_texts(tmp_path):
    """`python -m uku.integrations.fortnox.help docs/help` makes them."""
    copy_to(tmp_path)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()} == made


def test_every_link_in_help_leads_to_the_other_text():
    for name in (CONNECTING, SUMMARY_TASKS):
        targets = re.findall(r"\]\((.+?)\)", text_of(name))
        assert set(targets) <= {f"{CONNECTING}.md", f"{SUMMARY_TASKS}.md"}
        assert targets


@pytest.mark.parametrize("name", ["owner", "admin", "member"])
def test_everybody_in_the_workspace_reads_help_in_the_product(name, workspace, signed_in, request):
    reader = signed_in(request.getfixturevalue(name))
    page = reader.get(f"/w/{workspace.slug}/settings/fortnox/help/").content.decode()
    for heading in sections_of(text_of(CONNECTING)):
        assert f'id="{anchor_of(heading)}"' in page
    assert f'href="/w/{workspace.slug}/settings/fortnox/help/summary-tasks/"' in page
    second = reader.get(f"/w/{workspace.slug}/settings/fortnox/help/summary-tasks/").content.decode()
    assert f'href="/w/{workspace.slug}/settings/fortnox/help/"' in second


@pytest.mark.parametrize("tab", ["", "connect/", "settings/", "activity/"])
def test_each_tab_links_to_help(tab, workspace, owner, signed_in):
    page = signed_in(owner).get(f"/w/{workspace.slug}/settings/fortnox/{tab}").content.decode()
    assert f'href="/w/{workspace.slug}/settings/fortnox/help/"' in page


def test_settings_and_apps_links_to_help(workspace, owner, signed_in):
    page = signed_in(owner).get(f"/w/{workspace.slug}/settings/").content.decode()
    assert f'href="/w/{workspace.slug}/settings/fortnox/help/" aria-label="Help with Fortnox"' in page


def test_html_in_a_text_is_shown_and_not_drawn():
    assert render("# T\n\n<script>x</script>").html == "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"


def test_a_text_without_a_title_is_refused():
    with pytest.raises(ValueError, match="begins with its title"):
        render("no title")
