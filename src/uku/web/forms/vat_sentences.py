"""The sentences on VAT of one language, each beside Uku's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.models import VatType
from uku.invoices.pdf.content import Language, Supply
from uku.invoices.pdf.words import VAT_SENTENCES, catalogue
from uku.invoices.vat_sentences import Case
from uku.web.forms.fields import PlainForm

LONGEST = 300
SUPPLIES = {Supply.SERVICES: _("services"), Supply.GOODS: _("goods")}


class VatSentencesForm(PlainForm):
    def __init__(self, *args: Any, language: Language, own: Mapping[Case, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        translate = catalogue(language).gettext
        for (vat_type, supply), sentence in VAT_SENTENCES.items():
            label = gettext("%(vat_type)s, %(supply)s")
            words = {"vat_type": VatType(vat_type).label, "supply": SUPPLIES[supply]}
            field = forms.CharField(
                label=label % words,
                max_length=LONGEST,
                required=False,
                initial=own.get((vat_type, supply), ""),
                help_text=gettext("Empty: %(sentence)s") % {"sentence": translate(sentence)},
                widget=forms.TextInput(attrs={"autocomplete": "off", "lang": language.value}),
            )
            field.quiet = True  # type: ignore[attr-defined]  # the template: each may be empty
            self.fields[f"{vat_type}-{supply}"] = field

    @property
    def sentences(self) -> dict[Case, str]:
        return {(vat_type, supply): self.cleaned_data[f"{vat_type}-{supply}"] for vat_type, supply in VAT_SENTENCES}
