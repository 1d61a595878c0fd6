"""How Fortnox says no.

Recorded: 404 responses capitalise the keys of ErrorInformation, 400 responses do not; a bad token gets
26 bytes without either. Texts and numbers are the published or recorded ones; where Fortnox's number
is not known, one of `INVENTED` stands in and no client may depend on it.
"""

from fortnox_sim.json_format import JSON, Response, json_response

NOT_FOUND = 404

CUSTOMER_NOT_FOUND = (2000433, "Kan inte hitta kunden.")
ARTICLE_NOT_FOUND = (2000428, "Kan inte hitta artikeln.")
INVOICE_NOT_FOUND = (2000434, "Kan inte hitta fakturan.")
TERMS_NOT_FOUND = (2000429, "Kan inte hitta betalningsvillkoret.")
UNIT_NOT_FOUND = (2000432, "Kan inte hitta enheten.")
ACCOUNT_NOT_FOUND = (2000423, "Kan inte hitta kontot.")
CURRENCY_NOT_FOUND = (2000427, "Kunde inte hämta/hitta valuta")
SUPPLIER_INVOICE_BALANCE = (2000755, "Leverantörsfakturan balanserar inte")
VOUCHER_NOT_FOUND = (2000763, "Kan inte hitta verifikationen.")
PREDEFINED_NOT_FOUND = (2001403, "Kan inte hitta det förvalda kontot.")
NO_ROUTE = (2000764, "Kan inte hitta resursen.")
NO_IDENTIFIER = (2000729, "A valid identifier was not provided.")
WRONG_DATA = (2001392, "Ingen eller felaktig typ av data.")
WRONG_STRUCTURE = (2002649, "Felaktig datastruktur.")
BAD_JSON = (2002115, "Error deserializing JSON: JSON_ERROR_SYNTAX")
BAD_FILTER = (2000587, "Ett ogiltigt filter har använts.")
BAD_PARAMETER = (2000588, "Ogiltig parameter i anropet.")
BAD_ACCEPT = (1000030, "Invalid response type")
BAD_CONTENT_TYPE = (1000031, "Invalid content type")
NO_SCOPE = (2000663, "Har inte behörighet för scope")
SCOPE_CODES = {
    "invoice": (2001393, "Saknar behörighet för kundfaktura."),
    "bookkeeping": (2002455, "Saknar behörighet för verifikationer."),
    "payment": (2003330, "Saknar behörighet att lista betalningar."),
}
NO_SCOPE_LICENCE = (2001101, "Det finns ingen aktiv licens för önskat scope")
NO_API_LICENCE = (2001103, "Api-licens saknas.")
BAD_LOGIN = (2000310, "Ogiltig inloggning")
ROW_ARTICLE = (2001302, "Kunde inte hitta artikel")
ROW_ACCOUNT = (2001304, "Kunde inte hitta konto")
BAD_CUSTOMER_TYPE = (2001200, "Ogiltig kundtyp")
ARTICLE_NUMBER_USED = (2000013, "Artikelnumret används redan.")
PERIOD_LOCKED = (2002141, "Perioden är låst.")
ALREADY_PAID = (2003055, "Fakturan är redan slutbetald.")
ROW_WITHOUT_TEXT = (2003977, "Rad med antal saknar både artikel och benämning.")
BAD_VAT_CODE = (2004052, "Kontot har en momskod som inte passar momssatsen.")
EASY_VAT_ACCOUNT = (2004167, "Konto måste anges på raden för en egen momssats när Enkel moms är på.")
SYSTEM_EXCEPTION = (1000029, "Internal error")

# Fortnox's numbers for these are not known: only their sentences are.
INVENTED = {
    "vat": (2009001, "Kunde inte hämta/hitta moms"),
    "booked": (2009002, "Fakturan är redan bokförd."),
    "cancelled": (2009003, "Fakturan är makulerad."),
    "not_booked": (2009004, "Fakturan är inte bokförd."),
    "credited": (2009005, "Fakturan är redan krediterad."),
    "payment_missing": (2009006, "Kan inte hitta betalningen."),
    "payment_booked": (2009007, "Betalningen är redan bokförd."),
    "payment_currency": (2009008, "Betalningens valuta måste vara fakturans."),
    "payment_early": (2009009, "Betaldatum får inte vara före fakturadatum."),
    "payment_year": (2009010, "Angivet betaldatum måste vara inom fakturans räkenskapsår."),
    "fiscal_year": (2009011, "Fiscal year not available"),
    "date": (2009012, "Värdet måste vara ett datum"),
    "choice": (2009013, "Värdet är inte giltigt"),
    "document_number": (2009014, "Fakturanumret används redan."),
    "currency": (2009015, "Kunde inte hämta/hitta valuta"),
    "year_missing": (2009016, "Kan inte hitta räkenskapsåret."),
    "bank": (2009017, "Bankuppgifter saknas"),
    "customer_in_use": (2009018, "Kunden används och kan inte tas bort."),
    "article_in_use": (2009019, "Artikeln används och kan inte tas bort."),
    "vat_number": (2009020, "Kunden saknar momsregistreringsnummer."),
    "article_account": (2009021, "Kontot existerar inte."),
    "ocr": (2009022, "OCR-numret används redan"),
    "rows": (2009023, "En faktura kan ha högst 500 rader."),
    "code_used": (2009024, "Koden används redan."),
    "code_in_use": (2009025, "Koden används och kan inte tas bort."),
    "label_missing": (2009026, "Kan inte hitta etiketten."),
    "required": (2009027, "Värdet måste anges"),
    "series_missing": (2009028, "Kan inte hitta verifikationsserien."),
    "voucher_balance": (2009029, "Verifikationen balanserar inte."),
    "supplier_invoice_missing": (2009030, "Kan inte hitta leverantörsfakturan."),
    "accrual_missing": (2009031, "Kan inte hitta periodiseringen."),
    "document_missing": (2009032, "Kan inte hitta dokumentet som ska periodiseras."),
    "salary_missing": (2009033, "Kan inte hitta lönetransaktionen."),
    "supplier_missing": (2009034, "Kan inte hitta leverantören."),
}


class ApiError(Exception):
    """An error that Fortnox reports as ErrorInformation."""

    def __init__(self, error: tuple[int, str], detail: str = "", status: int = 400) -> None:
        super().__init__(error[1])
        self.code = error[0]
        self.message = f"{error[1]} ({detail})" if detail else error[1]
        self.status = status

    def to_response(self) -> Response:
        """Write the error in the casing that goes with its status."""
        if self.status == NOT_FOUND:
            body = {"Error": 1, "Message": self.message, "Code": self.code}
        else:
            body = {"error": 1, "message": self.message, "code": self.code}
        return json_response({"ErrorInformation": body}, self.status)


class Unauthorized(Exception):
    """A bearer token that is absent, expired, revoked or not ours."""

    @staticmethod
    def to_response() -> Response:
        """Exactly 26 bytes, no X-Uid (recorded)."""
        return Response(401, b'{"message":"unauthorized"}', {"Content-Type": JSON, "X-Uid": ""})


def not_found(error: tuple[int, str]) -> ApiError:
    """Build the 404 for a record that is not there."""
    return ApiError(error, status=NOT_FOUND)


def build_locked_period_error(company: str, end: str) -> tuple[int, str]:
    """Give the error of a voucher in a locked period."""
    return 2000401, f"{company} har låst perioden t.o.m. {end}. Lås upp perioden för att fortsätta."
