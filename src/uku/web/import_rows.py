"""How a row of an uploaded file is shown: its values, and what would become of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from uku.clients.import_files.plan import RowOutcome
from uku.clients.import_files.preview import PreviewRow, label_of
from uku.clients.models import VatType
from uku.integrations.registry import Badge
from uku.kit.identifiers import masked, masked_vat, normalise_number

MOST_NUMBERS_WRONG = 2  # of a column's first values, one may be no number in one that holds numbers


def shown_values(row: PreviewRow, columns: Sequence[str]) -> list[str]:
    """Return the values of the columns that are imported; a person's number is masked (S51), a wrong cell as it is."""
    country = row.values.get("country", "")
    return [shown(field, row.values.get(field, ""), country) for field in columns if field]


def outcome_words(row: PreviewRow) -> tuple[Badge, str]:
    """Return what becomes of a row, and a remark: which fields change, or that a client has the same name."""
    if row.outcome == RowOutcome.NEW:
        return Badge(_("New"), "good"), _("Uku already has a client with this name.") if row.namesake else ""
    if row.outcome == RowOutcome.CHANGED:
        return Badge(_("Changes"), "moving"), ", ".join(label_of(field) for field in row.changes)
    if row.outcome == RowOutcome.UNCHANGED:
        return Badge(_("Unchanged"), "neutral"), ""
    return Badge(_("Skipped"), "bad"), ""


def shown(field: str, text: str, country: str = "") -> str:
    """Show a value, or a cell that no field takes yet and that may hold anybody's number."""
    if field == "vat_type":
        return str(dict(VatType.choices).get(text, text))
    if field == "vat_number":
        return masked_vat(text, country=country)
    if field == "organisation_number":
        return masked(text, country=country)
    return masked(text) if field == "" else text


def holds_numbers(cells: Sequence[str]) -> bool:
    """Say whether a column's first values look like organisation numbers."""
    return len(cells) > 0 and sum(not normalise_number(cell) for cell in cells) < min(len(cells), MOST_NUMBERS_WRONG)
