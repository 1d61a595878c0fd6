"""fortpyx 0.0.1a1, unmodified: authorize, refresh, list, create, bookkeep, pay and read. Prints how each step ended."""

import gateway
from fortpyx.fortpyx import Fortpyx
from fortpyx.model import model
from steps import Steps

SCOPES = ["customer", "article", "invoice", "payment", "bookkeeping", "settings", "companyinformation"]


def main():
    client = Fortpyx(gateway.CLIENT, gateway.SECRET, auto_fetch_all_pages=True)
    fortnox = client.fortnox
    steps = Steps()
    url = client.get_authorization_url(gateway.REDIRECT, SCOPES)
    steps.run("authorize", lambda: len(client.get_tokens(gateway.consent(url), gateway.REDIRECT)))
    steps.run("refresh", lambda: len(client.refresh_tokens()))
    steps.run("list customers", lambda: len(fortnox.customers.retrieve_a_list_of_customers().customers))
    steps.run("list accounts", lambda: len(fortnox.accounts.list_all_accounts().accounts))
    customer = model.FortnoxCustomerWrap(Customer=model.FortnoxCustomer(Name="Främmande AB"))
    steps.run("create customer", lambda: fortnox.customers.create_a_customer(customer).customer.customer_number)
    row = {"Description": "Timmar", "DeliveredQuantity": "2", "Price": 500, "VAT": 25}
    facts = {"CustomerNumber": steps.found["create customer"], "InvoiceRows": [row]}
    invoice = model.FortnoxInvoicePayloadWrap.model_validate({"Invoice": facts})
    steps.run("create invoice", lambda: fortnox.invoices.create_an_invoice(invoice).invoice.document_number)
    number = steps.found["create invoice"]
    steps.run("bookkeep", lambda: fortnox.invoices.bookkeep_an_invoice(number).invoice.booked)
    payments = fortnox.invoice_payments
    body = {"InvoiceNumber": number, "Amount": 1250}
    payment = model.FortnoxInvoicePaymentWrap.model_validate({"InvoicePayment": body})
    steps.run("pay", lambda: payments.create_an_invoice_payment(payment).invoice_payment.number)
    paid = steps.found["pay"]
    steps.run("bookkeep payment", lambda: payments.bookkeep_an_invoice_payment(payment, paid).invoice_payment.booked)
    steps.run("read", lambda: fortnox.invoices.retrieve_a_single_invoice(number).invoice.balance)
    steps.run("read payment", lambda: payments.retrieve_a_single_invoice_payment(paid).invoice_payment.amount)
    vouchers = fortnox.vouchers
    steps.run("list vouchers", lambda: len(vouchers.retrieve_all_vouchers().vouchers))
    steps.run("read voucher", lambda: len(vouchers.retrieve_a_specific_voucher("B", "1").voucher.voucher_rows))
    series = fortnox.voucher_series
    steps.run("list series", lambda: len(series.retrieve_a_list_of_voucher_series().voucher_series_collection))
    predefined = fortnox.predefined_voucher_series.retrieve_a_specific_predefined_voucher_series
    steps.run("predefined series", lambda: predefined("INVOICE").pre_defined_voucher_series.voucher_series)
    steps.run("sie", lambda: count_sie(client))
    steps.run("missing", lambda: fortnox.customers.retrieve_a_customer("999"))
    steps.print()


def count_sie(client):
    """Read a SIE file with the client's own request, since its method takes the file for an error in JSON."""
    answer = client._execute(http_verb="get", path="/3/sie/4", request_body=None, page=1, offset=None, query_params={})
    return [answer.text.count(label) for label in ("#VER", "#TRANS")]


gateway.run(main)
