"""What can be done with invoices. Scope `invoice`. Source: the OpenAPI document and recorded answers."""

from fortnox_api._api import Call, Kind, segment
from fortnox_api._errors import Unreadable
from fortnox_api._invoice_payload import InvoicePayload, InvoiceUpdate
from fortnox_api._invoice_records import Invoice, InvoiceItem
from fortnox_api._lists import Listed
from fortnox_api._pages import Shape

_SEARCHES = """
    costcenter customername customernumber label documentnumber fromdate todate fromfinalpaydate
    tofinalpaydate notcompleted ocr ourreference project sent externalinvoicereference1
    externalinvoicereference2 yourreference invoicetype articlenumber articledescription currency
    accountnumberfrom accountnumberto yourordernumber credit
"""


class Invoices(Listed[InvoiceItem, Invoice]):
    """`/3/invoices`. `from_date` and `to_date` are inclusive and mean the invoice date."""

    shape = Shape(
        path="invoices",
        plural="Invoices",
        singular="Invoice",
        item=InvoiceItem,
        record=Invoice,
        number="DocumentNumber",
        searches=_SEARCHES,
        filters="cancelled fullypaid unpaid unpaidoverdue unbooked",
        sorts="customername customernumber documentnumber invoicedate ocr total",
    )

    def find_by_reference(self, reference: str) -> "Found":
        """Return the invoices whose first external reference is exactly this one, cancelled ones too.

        Fortnox searches by *contains*, so all pages are read and compared. How soon a new invoice is found is not
        documented: wait five seconds after a lost answer. Raises Unreadable if any row cannot be read.
        """
        if not reference:
            raise ValueError("an empty reference finds everything")
        found = self.list(externalinvoicereference1=reference)
        return [each for each in found if each.external_reference == reference]

    def create(self, payload: InvoicePayload) -> Invoice:
        """Create an invoice, not booked. When the outcome is UNKNOWN look it up by its reference first."""
        return self._create(payload)

    def create_raw(self, body: bytes) -> Invoice:
        """Create an invoice from bytes that `InvoicePayload.to_json_bytes` made earlier."""
        return self._one(Call(Kind.WRITE, "POST", "invoices", body=body))

    def update(self, number: str | int, changes: InvoiceUpdate) -> Invoice:
        """Change an invoice that is neither booked nor cancelled, and return the whole of it."""
        return self._update(number, changes)

    def bookkeep(self, number: str | int) -> Invoice:
        """Book an invoice: it gets a voucher and stays as it is. Raises Invalid when the period is locked."""
        return self._act(Kind.WRITE, "PUT", number, "bookkeep")

    def cancel(self, number: str | int) -> Invoice:
        """Cancel an invoice that is not booked. It keeps its number; balance and total become 0."""
        return self._act(Kind.WRITE, "PUT", number, "cancel")

    def credit(self, number: str | int) -> Invoice:
        """Credit a booked invoice in full. The answer is the original; its `credit_invoice_reference` names the new
        credit note, which is also the look-up after a lost answer. A second credit is refused.
        """
        return self._act(Kind.WRITE, "PUT", number, "credit")

    def external_print(self, number: str | int) -> Invoice:
        """Mark an invoice as sent, because somebody else sent it. Nothing else happens."""
        return self._act(Kind.WRITE, "PUT", number, "externalprint")

    def email(self, number: str | int) -> Invoice:
        """Have Fortnox e-mail the invoice to the customer. A GET that sends: made once, never repeated.

        With an UNKNOWN outcome read `sent`; when that does not settle it, a person has to decide.
        """
        return self._act(Kind.SEND, "GET", number, "email")

    def einvoice(self, number: str | int) -> Invoice:
        """Have Fortnox send the invoice as an e-invoice. A GET that sends: made once, never repeated."""
        return self._act(Kind.SEND, "GET", number, "einvoice")

    def print(self, number: str | int) -> bytes:
        """Return the PDF and mark the invoice as sent. A GET that changes something: made once, never repeated."""
        return self._pdf(Kind.SEND, number, "print")

    def preview(self, number: str | int) -> bytes:
        """Return the PDF without marking the invoice as sent.

        Which Accept header a PDF needs is not documented; public clients send application/json, and so does this one.
        """
        return self._pdf(Kind.READ, number, "preview")

    def _act(self, kind: Kind, method: str, number: str | int, action: str) -> Invoice:
        """Do something to an invoice and return it; an answer about another invoice is Unreadable."""
        call = Call(kind, method, f"invoices/{segment(number)}/{action}")
        invoice = self._one(call)
        if invoice.number != str(number):
            raise Unreadable("the answer is about another invoice", outcome=call.unclear)
        return invoice

    def _pdf(self, kind: Kind, number: str | int, action: str) -> bytes:
        return self._api.document(Call(kind, "GET", f"invoices/{segment(number)}/{action}"))


Found = list[InvoiceItem]
