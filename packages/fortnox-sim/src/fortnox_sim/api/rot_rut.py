"""Rules of ROT and RUT work on invoice rows, as recorded; the tax reduction itself is not computed."""

from fortnox_sim.errors import INVENTED, ApiError
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


def check_rows(record: Record, rows: list[Record]) -> None:
    """Refuse rows whose kind of house work does not fit the invoice's tax reduction."""
    reduction = record.get("TaxReductionType", "none")
    for row in rows:
        kind = row.get("HouseWorkType")
        if kind is None:
            continue
        if kind in ENDED:
            raise ApiError((2003157, "Skattereduktion för den valda typen av husarbete har upphört."))
        if kind not in KNOWN:
            raise ApiError(INVENTED["choice"], "HouseWorkType")
        if reduction == "none":
            text = "Dokument utan angiven skattereduktionstyp får inte innehålla artikelrader med husarbetestyp."
            raise ApiError((2004019, text))
        if kind not in ALLOWED[reduction]:
            text = (
                f"Dokument med skattereduktionstypen '{reduction}' får inte innehålla rader med "
                f"husarbetestypen '{kind}'."
            )
            raise ApiError((2004021, text))
        if kind == OTHER and row.get("HouseWork", False):
            raise ApiError((2002980, "Kan inte sätta typen övrig kostnad på en rad markerad som husarbete."))
