"""What the firm's invoices say about VAT in place of Uku's own sentences: by VAT type, by what is sold, by language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.invoices.delivery_models import VatSentence
from uku.invoices.pdf.content import Language, Supply
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

Case = tuple[str, Supply]
"""A VAT type, one of `uku.clients.models.VatType`, and what is sold."""


def own_sentences(language: Language) -> dict[Case, str]:
    """Return the sentences that somebody wrote in a language; where there is none, Uku's own holds."""
    rows = VatSentence.objects.filter(language=language).order_by("id")
    return {(row.vat_type, Supply(row.supply)): row.text for row in rows}


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def save_sentences(
    *, workspace: Workspace, language: Language, sentences: Mapping[Case, str], actor: User, at: datetime
) -> None:
    """Store sentences in a language; an empty one gives way to Uku's own. What is printed stays. Raises NotAllowed."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before = own_sentences(language)
    changed = {case: text for case, text in sentences.items() if before.get(case, "") != text}
    if not changed:
        return
    for (vat_type, supply), text in changed.items():
        place: dict[str, Any] = {"language": language, "vat_type": vat_type, "supply": supply}
        if text:
            VatSentence.objects.update_or_create(defaults={"text": text}, **place)
        else:
            VatSentence.objects.filter(**place).delete()
    record(
        actor=actor,
        action="invoice.vat_sentences",
        target=workspace,
        summary=translate_for_workspace(gettext_lazy("Sentences on VAT were changed")),
        at=at,
        before={_named(case, language): before.get(case, "") for case in changed},
        after={_named(case, language): text for case, text in changed.items()},
    )


def _named(case: Case, language: Language) -> str:
    return f"{case[0]}, {case[1]}, {language}"
