"""The words of the paper in the client's language: a catalogue of its own, since pages follow the reader's. Pure."""

from __future__ import annotations

import gettext as gettext_module
import io
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from uku.invoices.pdf.content import Content, Language, Supply

DATE_FORMATS: Final = {
    Language.ENGLISH: "d MMM yyyy",
    Language.SWEDISH: "yyyy-MM-dd",
    Language.FINNISH: "d.M.yyyy",
    Language.ESTONIAN: "dd.MM.yyyy",
}


def show_day(day: date, language: Language) -> str:
    """Show a date as papers in this language do."""
    return str(format_date(day, DATE_FORMATS[language], locale="en_GB"))


def gettext_noop(text: str) -> str:
    """Mark a text to be translated when it is printed."""
    return text


@cache
def catalogue(language: Language) -> gettext_module.NullTranslations:
    """Return the translations of the paper; English is the language that they are written in."""
    if language == Language.ENGLISH:
        return gettext_module.NullTranslations()
    source = files("uku.invoices.pdf") / "locale" / f"{language}.po"
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.value))
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


VAT_SENTENCES: Final[Mapping[tuple[str, Supply], str]] = {
    ("domestic", Supply.SERVICES): gettext_noop("Services with the VAT of the seller's country."),
    ("domestic", Supply.GOODS): gettext_noop("Goods with the VAT of the seller's country."),
    ("reverse_charge", Supply.SERVICES): gettext_noop(
        "Reverse charge for construction services. The buyer pays the VAT."
    ),
    ("reverse_charge", Supply.GOODS): gettext_noop("Reverse charge for goods in Sweden. The buyer pays the VAT."),
    ("eu_reverse_charge", Supply.SERVICES): gettext_noop(
        "Omvänd betalningsskyldighet / Reverse charge: article 196 of the VAT Directive."
    ),
    ("eu_reverse_charge", Supply.GOODS): gettext_noop(
        "VAT exempt intra-Community supply: article 138 of the VAT Directive."
    ),
    ("eu_vat", Supply.SERVICES): gettext_noop(
        "Services to a buyer in another EU country, with the VAT of the seller's country."
    ),
    ("eu_vat", Supply.GOODS): gettext_noop(
        "Goods to a buyer in another EU country, with the VAT of the seller's country."
    ),
    ("export", Supply.SERVICES): gettext_noop(
        "Services supplied outside the EU: article 44 of the VAT Directive. No VAT."
    ),
    ("export", Supply.GOODS): gettext_noop("Export of goods: VAT exempt by article 146 of the VAT Directive."),
}
"""What is said about VAT, by the client's VAT type and what is sold (ML 17:24)."""


LATE_INTEREST: Final = gettext_noop(
    "After the due date interest is charged by law: the reference rate plus 8 percentage points."
)


def late_interest_by_law(language: Language) -> str:
    return catalogue(language).gettext(LATE_INTEREST)


def vat_sentences(content: Content) -> list[str]:
    """Return what must be said about VAT, goods and services apart where both are sold."""
    gettext = catalogue(content.language).gettext
    found = []
    for supply in sorted(content.supplies):
        sentence = VAT_SENTENCES.get((content.vat_type, supply), "")
        found.append(content.own_sentences.get(supply) or (gettext(sentence) if sentence else ""))
    return [sentence for sentence in found if sentence]
