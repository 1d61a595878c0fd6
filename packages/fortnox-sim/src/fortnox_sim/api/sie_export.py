"""/3/sie/{type}: a financial year as a SIE file, of type 4 with every voucher and its rows.

The tag says PC8 whatever the bytes are: those follow the switch `sie_encoding`. Types 1 to 3 end before the vouchers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal

from fortnox_sim.api.chart_of_accounts import open_chart
from fortnox_sim.api.financial_years import find_year_id
from fortnox_sim.api.vouchers import sort_key
from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_PARAMETER, ApiError
from fortnox_sim.json_format import Record, Response, format_number
from fortnox_sim.router import ApiRequest, Route

TYPES = ("1", "2", "3", "4")
BALANCE_CLASSES = "12"
ZERO = Decimal(0)


def get_sie(request: ApiRequest) -> Response:
    kind = request.args[0]
    if kind not in TYPES:
        raise ApiError(BAD_PARAMETER)
    query = {name.lower(): value for name, value in request.query.items()}
    year = request.company.table("years").rows[str(find_year_id(request.company, query))]
    text = "".join(f"{line}\r\n" for line in write_lines(request.company, year, kind))
    body = text.encode(request.company.switches["sie_encoding"], "replace")
    return Response(200, body, {"Content-Type": "application/octet-stream"})


def write_lines(company: Company, year: Record, kind: str) -> Iterator[str]:
    """Write the lines of a file: who and when, accounts, balances, and of type 4 the vouchers."""
    settings = company.settings
    yield "#FLAGGA 0"
    yield "#FORMAT PC8"
    yield f"#SIETYP {kind}"
    yield '#PROGRAM "Fortnox" 3.57.1'
    yield f"#GEN {company.today():%Y%m%d}"
    yield f"#FNR {company.number}"
    yield f"#FNAMN {quote(settings['Name'])}"
    yield f"#ORGNR {settings['OrganizationNumber']}"
    for number, other in number_years(company, year):
        yield f"#RAR {number} {write_day(other['FromDate'])} {write_day(other['ToDate'])}"
    yield f"#OMFATTN {min(f'{company.today():%Y%m%d}', write_day(year['ToDate']))}"
    yield "#KPTYP EUBAS97"
    yield from write_balances(company, year)
    if kind == "4":
        yield ""
        for record in sorted(list_vouchers(company, year["Id"]), key=sort_key):
            yield from write_voucher(record)


def number_years(company: Company, year: Record) -> Iterator[tuple[int, Record]]:
    """Give the year as number 0 and the one before it, if there is one, as -1."""
    yield 0, year
    before = [other for other in company.table("years").values() if other["ToDate"] < year["FromDate"]]
    if before:
        yield -1, max(before, key=lambda other: str(other["ToDate"]))


def list_vouchers(company: Company, year: int) -> Iterator[Record]:
    return (record for record in company.table("vouchers").values() if record["Year"] == year)


def sum_accounts(company: Company, years: Collection[int]) -> defaultdict[str, Decimal]:
    """Sum what was booked on each account in some financial years."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for record in company.table("vouchers").values():
        if record["Year"] in years:
            for account, amount in record["VoucherRows"]:
                sums[str(account)] += amount
    return sums


def write_balances(company: Company, year: Record) -> Iterator[str]:
    """Write the accounts with what they began and ended the year with, or with their result."""
    earlier = {other["Id"] for other in company.table("years").values() if other["ToDate"] < year["FromDate"]}
    incoming, change = sum_accounts(company, earlier), sum_accounts(company, {year["Id"]})
    chart = open_chart(company, year["Id"])
    for number in sorted(chart.rows):
        if not chart.rows[number].get("_deleted"):
            yield f"#KONTO {number} {quote(chart.rows[number]['Description'])}"
    for number in sorted({*incoming, *change}):
        begun = incoming[number] if number[0] in BALANCE_CLASSES else ZERO
        ended = begun + change[number]
        if number[0] in BALANCE_CLASSES:
            yield f"#IB 0 {number} {format_number(begun)}"
            yield f"#UB 0 {number} {format_number(ended)}"
        else:
            yield f"#RES 0 {number} {format_number(ended)}"


def write_voucher(record: Record) -> Iterator[str]:
    day = write_day(record["TransactionDate"])
    number = f'"{record["VoucherSeries"]}" "{record["VoucherNumber"]}"'
    yield f"#VER {number} {day} {quote(record['Description'])} {write_day(record['_modified'])}"
    yield "{"
    for label, rows in (("#TRANS", record["VoucherRows"]), ("#BTRANS", record.get("RemovedRows", []))):
        for account, amount in rows:
            yield f'{label} {account} {{}} {format_number(amount)} "" "" 0'
    yield "}"


def write_day(day: str) -> str:
    return day[:10].replace("-", "")


def quote(text: str) -> str:
    """Put a text in quotation marks, those inside behind a backslash, without line breaks."""
    plain = " ".join(text.split()).replace('"', '\\"')
    return f'"{plain}"'


ROUTES = [Route("GET", "/3/sie/{}", get_sie, "bookkeeping")]
