"""Rules of house work on invoice rows, as recorded; the tax reduction itself is not computed."""

from fortnox_sim.errors import INVENTED, Refusal
from fortnox_sim.json_format import Record

ENDED = frozenset({"COOKING", "TUTORING"})
OTHER = "OTHERCOSTS"
KINDS = {
    "rot": "CONSTRUCTION ELECTRICITY GLASSMETALWORK GROUNDDRAINAGEWORK MASONRY PAINTINGWALLPAPERING HVAC",
    "rut": "MAJORAPPLIANCEREPAIR MOVINGSERVICES ITSERVICES CLEANING TEXTILECLOTHING SNOWPLOWING GARDENING BABYSITTING "
    "OTHERCARE HOMEMAINTENANCE FURNISHING TRANSPORTATIONSERVICES WASHINGANDCAREOFCLOTHING",
    "green": "SOLARCELLS STORAGESELFPRODUCEDELECTRICITY CHARGINGSTATIONELECTRICVEHICLE",
}
ALLOWED = {name: frozenset(kinds.split()) | {OTHER} for name, kinds in KINDS.items()}
KNOWN = frozenset().union(*ALLOWED.values())


def check(record: Record, rows: list[Record]) -> None:
    """Refuse rows whose kind of house work does not fit the invoice's tax reduction."""
    reduction = record.get("TaxReductionType", "none")
    for row in rows:
        kind = row.get("HouseWorkType")
        if kind is not None:
            _check_row(reduction, kind, marked=row.get("HouseWork", False))


def _check_row(reduction: str, kind: str, *, marked: bool) -> None:
    if kind in ENDED:
        raise Refusal((2003157, "Skattereduktion för den valda typen av husarbete har upphört."))
    if kind not in KNOWN:
        raise Refusal(INVENTED["choice"], "HouseWorkType")
    if reduction == "none":
        text = "Dokument utan angiven skattereduktionstyp får inte innehålla artikelrader med husarbetestyp."
        raise Refusal((2004019, text))
    if kind not in ALLOWED[reduction]:
        text = (
            f"Dokument med skattereduktionstypen '{reduction}' får inte innehålla rader med husarbetestypen '{kind}'."
        )
        raise Refusal((2004021, text))
    if kind == OTHER and marked:
        raise Refusal((2002980, "Kan inte sätta typen övrig kostnad på en rad markerad som husarbete."))
