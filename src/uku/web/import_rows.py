"""How a row of an uploaded file is shown: its values, and what would become of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from uku.clients.import_files.messages import label_of
from uku.clients.import_files.plan import PlannedRow, RowOutcome
from uku.clients.models import VatType
from uku.integrations.registry import Badge
from uku.kit.identifiers import masked, masked_vat


def shown_values(row: PlannedRow, columns: Sequence[str]) -> list[str]:
    """Return the cells of the columns that are taken in; a person's number is masked (S51), a wrong cell as it is."""
    cells = row.checked.row.cells
    raw = {field: cells[place] for place, field in enumerate(columns) if field and place < len(cells)}
    values = {**raw, **row.checked.values}
    return [shown(field, str(values.get(field, ""))) for field in columns if field]


def outcome_words(row: PlannedRow) -> tuple[Badge, str]:
    """Return what becomes of a row, and a remark: which fields change, or that a client has the same name."""
    if row.outcome == RowOutcome.NEW:
        return Badge(_("New"), "good"), _("Uku already has a client with this name.") if row.namesake else ""
    if row.outcome == RowOutcome.CHANGED:
        names = ", ".join(label_of(field) for field in row.changes)
        return Badge(_("Changes"), "moving"), names
    if row.outcome == RowOutcome.UNCHANGED:
        return Badge(_("Unchanged"), "neutral"), ""
    return Badge(_("Skipped"), "bad"), ""


def shown(field: str, text: str) -> str:
    """Show a value, or a cell that no field takes yet and that may hold anybody's number."""
    if field == "vat_type":
        return str(dict(VatType.choices).get(text, text))
    if field == "vat_number":
        return masked_vat(text)
    return masked(text) if field in {"organisation_number", ""} else text
