"""pyfortnox 1.2.0, unmodified: list, create, bookkeep, pay and read. Prints how each step ended."""

import fortnox
import gateway
from steps import Steps


def main():
    client = fortnox.Client(access_token=gateway.connect(), client_secret=gateway.SECRET)
    steps = Steps()
    steps.run("list customers", lambda: len(client.customers.list(limit=500)))
    steps.run("list accounts", lambda: len(client.accounts.list(limit=500)))
    steps.run("create customer", lambda: client.customers.create(Name="Främmande AB").CustomerNumber)
    row = {"Description": "Timmar", "DeliveredQuantity": "2", "Price": 500, "VAT": 25}
    facts = {"CustomerNumber": steps.found["create customer"], "InvoiceRows": [row]}
    steps.run("create invoice", lambda: client.invoices.create(**facts).DocumentNumber)
    number = steps.found["create invoice"]
    steps.run("bookkeep", lambda: client.http_client.put(f"/invoices/{number}/bookkeep")[2].Booked)
    steps.run("pay", lambda: client.invoice_payments.create(InvoiceNumber=number, Amount=1250).Number)
    paid = steps.found["pay"]
    steps.run("bookkeep payment", lambda: client.http_client.put(f"/invoicepayments/{paid}/bookkeep")[2].Booked)
    steps.run("read", lambda: client.invoices.retrieve(number).Balance)
    steps.run("read payment", lambda: client.invoice_payments.retrieve(paid).AmountCurrency)
    steps.run("list vouchers", lambda: len(client.vouchers.list()))
    steps.run(
        "list vouchers of a series", lambda: [each.VoucherNumber for each in client.vouchers.retrieve_sublist("B")]
    )
    steps.run("list series", lambda: len(client.voucher_series.list()))
    steps.run("predefined series", lambda: client.predefined_voucher_series.retrieve("INVOICE").VoucherSeries)
    steps.run("sie", lambda: [client.sie.retrieve(4).count(label) for label in (b"#VER", b"#TRANS")])
    steps.run("missing", lambda: client.customers.retrieve("999"))
    steps.print()


gateway.run(main)
