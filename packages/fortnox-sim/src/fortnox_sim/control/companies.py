"""Control of a company's books: what its own people would do inside Fortnox."""

import random
from typing import Any

from fortnox_sim.api import articles, customers, invoice_fields, invoice_rules, payments
from fortnox_sim.company import Company
from fortnox_sim.control.installation import Args, company_facts
from fortnox_sim.installation import World
from fortnox_sim.json_format import Record
from fortnox_sim.seeds.company_defaults import EASY_VAT
from fortnox_sim.seeds.seed_file import add_company, add_record, add_records, change_record

Query = dict[str, str]


def company_of(world: World, args: Args) -> Company:
    """Find the company that a control address names, or KeyError."""
    company = world.company(args[0])
    if company is None:
        raise KeyError(f"company {args[0]}")
    return company


def create_company(world: World, _args: Args, body: Record, _query: Query) -> Record:
    return company_facts(add_company(world, body, world.clock.today()).settings)


def show_company(world: World, args: Args, _body: Record, _query: Query) -> Record:
    return company_facts(company_of(world, args).settings)


def change_company(world: World, args: Args, body: Record, _query: Query) -> Record:
    """Change settings such as locked, licences, OrganizationNumber, locked_period, rounding, easy_vat."""
    company = company_of(world, args)
    if "DatabaseNumber" in body:
        raise ValueError("a database number cannot change")
    company.change_settings(**body)
    if body.get("easy_vat"):
        for name, account in EASY_VAT.items():
            company.put("predefined", name, {"Account": account, "Name": name})
    return company_facts(company.settings)


def _add(kind: str) -> Any:
    def action(world: World, args: Args, body: Record, _query: Query) -> Record:
        company = company_of(world, args)
        if "count" in body:
            rng = random.Random(f"{kind}/{company.number}/{len(company.table(kind))}")  # noqa: S311
            return {"numbers": add_records(company, kind, int(body["count"]), rng)}
        record = add_record(company, kind, body)
        return _shown(company, kind, record)

    return action


def _shown(company: Company, kind: str, record: Record) -> Record:
    return customers.detail(record) if kind == "customers" else articles.detail(company, record)


def _change(kind: str) -> Any:
    def action(world: World, args: Args, body: Record, _query: Query) -> Record:
        company = company_of(world, args)
        if company.get(kind, args[1]) is None:
            raise KeyError(args[1])
        return _shown(company, kind, change_record(company, kind, args[1], body))

    return action


def _delete(kind: str) -> Any:
    def action(world: World, args: Args, _body: Record, _query: Query) -> Record:
        company = company_of(world, args)
        record = company.get(kind, args[1])
        if record is None:
            raise KeyError(args[1])
        company.put(kind, args[1], {**record, "_deleted": True})
        return {"deleted": args[1]}

    return action


def pay(world: World, args: Args, body: Record, _query: Query) -> Record:
    """Record a payment: invoice, amount, date, book, and write_off where a rest is written off."""
    company = company_of(world, args)
    sent: Record = {"InvoiceNumber": str(body["invoice"]), "PaymentDate": body.get("date")}
    if "amount" in body:
        sent["Amount"] = str(body["amount"])
    if body.get("write_off"):
        sent["WriteOffs"] = [{"Amount": str(body["write_off"]), "AccountNumber": body.get("account", 3740)}]
    record = payments.create(company, {key: value for key, value in sent.items() if value is not None})
    if body.get("book", True):
        record = payments.bookkeep(company, record["Number"])
    return payments.detail(company, record)


def unpay(world: World, args: Args, _body: Record, _query: Query) -> Record:
    company = company_of(world, args)
    payments.remove(company, args[1])
    return {"deleted": args[1]}


def _invoice(act: Any) -> Any:
    def action(world: World, args: Args, body: Record, _query: Query) -> Record:
        company = company_of(world, args)
        act(company, args[1], body)
        return invoice_fields.detail(company, invoice_rules.find(company, args[1]), vouchers=True)

    return action


def _overwrite(company: Company, document: str, body: Record) -> None:
    """Edit an invoice as a person may in Fortnox; rows and dates through the rules, flags directly."""
    invoice_rules.update(company, document, body)


def _list(kind: str) -> Any:
    def action(world: World, args: Args, _body: Record, _query: Query) -> list[Record]:
        company = company_of(world, args)
        return [dict(record) for record in company.table(kind).rows.values() if not record.get("_deleted")]

    return action


ACTIONS = {
    ("POST", "/_sim/companies"): create_company,
    ("GET", "/_sim/companies/{}"): show_company,
    ("PATCH", "/_sim/companies/{}"): change_company,
    ("GET", "/_sim/companies/{}/customers"): _list("customers"),
    ("GET", "/_sim/companies/{}/articles"): _list("articles"),
    ("GET", "/_sim/companies/{}/invoices"): _list("invoices"),
    ("GET", "/_sim/companies/{}/payments"): _list("payments"),
    ("GET", "/_sim/companies/{}/vouchers"): _list("vouchers"),
    ("POST", "/_sim/companies/{}/customers"): _add("customers"),
    ("PATCH", "/_sim/companies/{}/customers/{}"): _change("customers"),
    ("DELETE", "/_sim/companies/{}/customers/{}"): _delete("customers"),
    ("POST", "/_sim/companies/{}/articles"): _add("articles"),
    ("PATCH", "/_sim/companies/{}/articles/{}"): _change("articles"),
    ("DELETE", "/_sim/companies/{}/articles/{}"): _delete("articles"),
    ("POST", "/_sim/companies/{}/payments"): pay,
    ("DELETE", "/_sim/companies/{}/payments/{}"): unpay,
    ("DELETE", "/_sim/companies/{}/invoices/{}"): _delete("invoices"),
    ("POST", "/_sim/companies/{}/invoices/{}/cancel"): _invoice(lambda c, no, _b: invoice_rules.cancel(c, no)),
    ("POST", "/_sim/companies/{}/invoices/{}/credit"): _invoice(lambda c, no, _b: invoice_rules.credit(c, no)),
    ("POST", "/_sim/companies/{}/invoices/{}/bookkeep"): _invoice(lambda c, no, _b: invoice_rules.bookkeep(c, no)),
    ("POST", "/_sim/companies/{}/invoices/{}/setoff"): _invoice(lambda c, no, _b: invoice_rules.set_off(c, no)),
    ("POST", "/_sim/companies/{}/invoices/{}/edit"): _invoice(_overwrite),
}
