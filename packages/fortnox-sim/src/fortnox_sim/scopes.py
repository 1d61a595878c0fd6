"""Scopes, the licence each one needs, and how the consent dialog names it."""

from dataclasses import dataclass

BOOKKEEPING, INVOICING, ORDER, SALARY = "Bokföring", "Kundfaktura", "Order", "Lön"
ALL_LICENCES = (BOOKKEEPING, INVOICING, ORDER, SALARY)


@dataclass(frozen=True)
class Scope:
    """What a scope opens; no licences means that any will do."""

    label: str
    licences: tuple[str, ...] = ()


SCOPES: dict[str, Scope] = {
    "companyinformation": Scope("Företagsinformation"),
    "customer": Scope("Kunder", (INVOICING, ORDER)),
    "article": Scope("Artiklar", (INVOICING, ORDER)),
    "invoice": Scope("Kundfakturor", (INVOICING, ORDER)),
    "payment": Scope("Betalningar", (BOOKKEEPING, ORDER, INVOICING)),
    "settings": Scope("Inställningar"),
    "bookkeeping": Scope("Bokföring", (BOOKKEEPING, INVOICING)),
    "supplierinvoice": Scope("Leverantörsfakturor", (BOOKKEEPING,)),
    "supplier": Scope("Leverantörer", (BOOKKEEPING,)),
    "order": Scope("Order", (ORDER,)),
    "offer": Scope("Offerter", (ORDER,)),
    "price": Scope("Priser", (INVOICING, ORDER)),
    "print": Scope("Utskrift", (INVOICING, ORDER)),
    "currency": Scope("Valutor", (BOOKKEEPING, INVOICING, ORDER)),
    "costcenter": Scope("Kostnadsställen", (BOOKKEEPING, INVOICING, ORDER)),
    "project": Scope("Projekt", (BOOKKEEPING, INVOICING, ORDER)),
    "profile": Scope("Användarprofil"),
    "inbox": Scope("Inkorg"),
    "archive": Scope("Arkiv"),
    "connectfile": Scope("Filkopplingar", (BOOKKEEPING, INVOICING, ORDER)),
    "salary": Scope("Löner", (SALARY,)),
}


def is_licensed(scope: str, licences: list[str]) -> bool:
    """Say whether a company's licences cover a scope."""
    needed = SCOPES[scope].licences
    return not needed or any(licence in needed for licence in licences)
