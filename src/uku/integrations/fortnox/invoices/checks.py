"""What Fortnox adds to the checks before Issue, by facts that are stored; articles come in one query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.clients.models import Client
from uku.integrations.fortnox.customers.creation import creates_customers, known_customers_like
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.invoices.delivery import wants_einvoice
from uku.integrations.fortnox.invoices.rules import (
    Place,
    Problem,
    article_problem,
    customer_problem,
    known_customer,
    missing_article,
    not_linked,
    rate_problem,
    uncreatable_client,
)
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord
from uku.invoices.checks import Check
from uku.invoices.models import Invoice, InvoiceRow


def invoice_checks(invoice: Invoice, rows: Sequence[InvoiceRow]) -> list[Check]:
    """Return what must be right before the connected company can take an invoice; nothing without one."""
    connection = Connection.objects.exclude(sealed_tokens="").first()
    if connection is None:
        return []
    slug = connection.workspace.slug
    found = [_check(invoice, slug, row, problem) for row, problem in _problems(invoice, rows, connection)]
    customer = invoiced_customer(invoice.client, connection.company_id)
    if customer is not None and wants_einvoice(customer) and not invoice.your_reference:
        found.append(_reference_missing())
    return found


def _reference_missing() -> Check:
    """Public bodies take e-invoices only with the reference of who ordered (SFS 2018:1277)."""
    sentence = _("The client gets e-invoices, which need “Your reference”.")
    return Check(sentence, _("Write the client's reference or order number."))


def _problems(
    invoice: Invoice, rows: Sequence[InvoiceRow], connection: Connection
) -> Iterator[tuple[InvoiceRow | None, Problem]]:
    """Yield each problem with its row. What nobody has read yet is looked at when the invoice is sent."""
    customer = invoiced_customer(invoice.client, connection.company_id)
    problem = _problem_without_customer(invoice.client, connection) if customer is None else customer_problem(customer)
    if problem is not None:
        yield None, problem
    articles, company_id = [row for row in rows if not row.is_text], connection.company_id
    numbers = {row.article_in(company_id) for row in articles}
    known = {each.number: each for each in ArticleRecord.objects.filter(company_id=company_id, number__in=numbers)}
    for row in articles:
        problem = _problem_of(row, company_id, customer, known.get(row.article_in(company_id)))
        if problem is not None:
            yield row, problem


def _problem_without_customer(client: Client, connection: Connection) -> Problem | None:
    """Say what keeps Uku from creating the customer, as far as is stored; None when the export creates it."""
    if not creates_customers(connection):
        return not_linked(client)
    if known := known_customers_like(client, connection.company_id):
        return known_customer(client, ", ".join(known))
    return uncreatable_client(client)


def _problem_of(
    row: InvoiceRow, company_id: str, customer: CustomerRecord | None, article: ArticleRecord | None
) -> Problem | None:
    if article is None:
        return missing_article(row, company_id)
    problem = article_problem(article)
    if problem or customer is None or not (customer.detail_read_at and article.detail_read_at):
        return problem
    return rate_problem(row, customer, article)


def _check(invoice: Invoice, slug: str, row: InvoiceRow | None, problem: Problem) -> Check:
    facts = {"slug": slug}
    url, place = "", ""
    if problem.place == Place.CLIENT:
        url, place = reverse("fortnox:client", kwargs={**facts, "pk": invoice.client_id}), str(invoice.client)
    elif problem.place == Place.PRODUCT and row is not None and row.product is not None:
        url, place = reverse("product", kwargs={**facts, "pk": row.product.pk}), str(row.product)
    return Check(str(problem.sentence) % problem.facts, str(problem.remedy) % problem.facts, url, place)
