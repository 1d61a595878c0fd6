"""Words the demo's firm is made of. Everything is invented; domains end in .example."""

PLAIN = str.maketrans("åäöéÅÄÖ &,.", "aaoeaao----")
COMPANIES = (
    "Almgrens Bygg AB", "Bergvik Måleri AB", "Björkhaga Trädgård AB", "Cykelverkstan Söder AB",
    "Dalby Elteknik AB",
    "Ekdungens Förskola AB", "Eriksbergs Kafé AB", "Fiskhallen i Lysekil AB", "Fjällnära Turism AB",
    "Glasbruket Orrefält AB",
    "Granlunda Såg AB", "Hamnens Redovisning HB", "Hantverkarna i Kinna AB", "Havsblick Fastigheter AB",
    "Hjortens Livs AB",
    "Järnbäckens Smide AB", "Kakelgruppen Mälaren AB", "Klippans Optik AB", "Knutpunktens Logistik AB",
    "Kullabygdens Musteri AB",
    "Lindvalls Rör AB", "Ljusgårdens Yoga AB", "Lokalbagarn i Åmål AB", "Mossbergs Åkeri AB",
    "Norrsken Film AB",
    "Nyköpings Golvservice AB", "Oxtorgets Tandvård AB", "Pettersbergs Plåt AB", "Rödluvans Bokhandel AB",
    "Sjöstadens Städ AB",
    "Skogsbrynets Hunddagis AB", "Solrosens Omsorg AB", "Stenvikens Marina AB", "Storgatans Frisör AB",
    "Sågverkets Restaurang AB",
    "Tallkotten Konsult AB", "Tegelbrukets IT AB", "Ugglans Revision AB", "Vallmo Design AB",
    "Vinterviken Vård AB",
    "Västanvinds Energi AB", "Åkerströms Maskin AB", "Ängsö Gård AB", "Österlens Keramik AB",
)  # fmt: skip
SOLE_TRADERS = (
    "Anders Ljung Snickeri", "Eva Söderfoto", "Karin Bloms Översättning", "Lars Hedins Taxi",
    "Maria Åbergs Massage",
    "Per Nyman Data", "Sara Lövgrens Ateljé", "Ulf Östlunds Fiske",
)  # fmt: skip
PERSONS = ("Gunilla Ekwall", "Johan Stjerna", "Birgitta Rosén")
FINNISH = (("Rautatie Oy", "Porvoo", "06100"), ("Saariston Laskenta Oy", "Turku", "20100"))
PLACES = (
    ("Stockholm", "111 22"), ("Göteborg", "411 03"), ("Malmö", "211 20"), ("Uppsala", "753 20"),
    ("Västerås", "722 11"),
    ("Örebro", "702 11"), ("Linköping", "582 22"), ("Norrköping", "602 21"), ("Umeå", "903 26"), ("Gävle",
    "802 50"),
    ("Växjö", "352 30"), ("Karlstad", "652 24"), ("Kalmar", "392 32"), ("Visby", "621 57"), ("Luleå",
    "972 31"),
)  # fmt: skip
STREETS = (
    "Storgatan", "Kungsgatan", "Drottninggatan", "Järnvägsgatan", "Skolgatan", "Industrivägen",
    "Hamngatan", "Björkvägen",
    "Kyrkogatan", "Västra Långgatan", "Ängsvägen", "Smedjegatan",
)  # fmt: skip
CONTACTS = (
    "Anna Ek",
    "Bo Berg",
    "Cecilia Dahl",
    "David Lund",
    "Elin Forsberg",
    "Fredrik Holm",
    "Gustav Åkesson",
    "Hanna Vik",
)

# Description, price or None, sales account, unit, active.
ARTICLES: tuple[tuple[str, str | None, int, str, bool], ...] = (
    ("Löpande bokföring", "895", 3041, "h", True), ("Bokföring, fast månadspris", "3450", 3041, "mån", True),
    ("Lönehantering per lönebesked", "125", 3041, "st", True), ("Momsdeklaration", "650", 3041, "st", True),
    ("Arbetsgivardeklaration", "450", 3041, "st", True), ("Årsbokslut", "14500", 3041, "st", True),
    ("Årsredovisning", "8900", 3041, "st", True), ("Inkomstdeklaration aktiebolag", "4200", 3041, "st", True),
    ("Inkomstdeklaration enskild firma", "2900", 3041, "st", True), ("Rådgivning", "1450", 3041, "h", True),
    ("Skatterådgivning", "1850", 3041, "h", True), ("Registrering av verifikation", "18", 3041, "st", True),
    ("Kundfaktura, hantering per styck", "22", 3041, "st", True),
    ("Leverantörsfaktura, hantering per styck", "24", 3041, "st", True),
    ("Påminnelse och kravhantering", "95", 3041, "st", True), ("Uppstart av ny kund", "4900", 3041,
    "st", True),
    ("Utbildning i Fortnox", "1250", 3041, "h", True), ("Programlicens, vidarefakturering", "349", 3041,
    "mån", True),
    ("Bolagsverket, avgift utan moms", "800", 3044, "utl", True), ("Frukostseminarium, förtäring",
    "185", 3002, "st", True),
    ("Handbok i bokföring, tryckt", "320", 3003, "st", True), ("Restid", "475", 3041, "h", True),
    ("Övrigt arbete enligt offert", None, 3041, "h", True), ("Pärmservice på papper", "390", 3041,
    "h", False),
    ("Fax och kopior", "3.50", 3041, "st", False),
)  # fmt: skip
OTHER_CUSTOMERS = (
    "Bruksgatans Pizzeria AB", "Eklövs Ventilation AB", "Fågelsångs Förlag AB", "Grindens Hälsa AB",
    "Höganloft Inredning AB",
    "Klockargårdens Ost AB", "Pilgrimens Resor AB", "Ädelträ i Tibro AB",
)  # fmt: skip
OTHER_ARTICLES: tuple[tuple[str, str | None, int, str, bool], ...] = (
    ("Konsulttimme", "1100", 3041, "h", True), ("Fast avtal", "5600", 3041, "mån", True), ("Resa",
    "950", 3041, "st", True),
    ("Material", "240", 3001, "st", True), ("Lunch", "145", 3002, "st", True), ("Bok", "210", 3003,
    "st", False),
)  # fmt: skip
EXPENSES = (
    ("Hyra lokal", 5010, "18500"), ("Programvara", 5420, "2490"), ("Kontorsmaterial", 6110, "845"),
    ("Mobilabonnemang", 6212, "1180"),
    ("Tågresa", 5800, "1320"), ("Försäkring", 6310, "2150"), ("Datorskärm", 5410, "3290"),
    ("Inköp av handböcker", 4000, "1600"),
)  # fmt: skip
ENTRIES = (
    ("Lön", 7010, 2710, "38500"), ("Arbetsgivaravgifter", 7510, 2731, "12097"), ("Bankavgift", 6570, 1930,
    "165"),
    ("Överföring skattekonto", 1630, 1930, "21000"), ("Ränta", 1930, 8310, "42"),
    ("Momsredovisning", 2650, 1630, "18400"),
    ("Avskrivning inventarier", 7832, 1250, "2750"), ("Kontantinköp", 6110, 1910, "249"),
)  # fmt: skip


def build_slug(name: str) -> str:
    """Make a domain label of a name."""
    text = name.lower().translate(PLAIN)
    return "-".join(part for part in text.split("-") if part and part not in {"ab", "hb", "oy", "i"})
