"""The client against the simulated Fortnox, over HTTP: both were written from the same facts, apart."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from fortnox_api import (
    BLANK,
    ClientCredentialsAuth,
    ConnectionFailed,
    CustomerPayload,
    CustomerUpdate,
    Forbidden,
    GrantRevoked,
    Invalid,
    InvoiceUpdate,
    MemoryTokenStore,
    NotFound,
    Outcome,
    RefreshTokenAuth,
    Unauthorized,
)


@pytest.fixture
def fortnox(town):
    with town.open(RefreshTokenAuth(town.app, MemoryTokenStore(town.tokens()))) as found:
        yield found


@pytest.fixture
def body(payload, fortnox):
    """Return an invoice for what stands in the simulator's books."""
    customer = next(fortnox.customers.list()).number
    article = next(fortnox.articles.list()).number
    row = payload().rows[0].model_copy(update={"article_number": article, "description": None})
    today = date.today()  # noqa: DTZ011 - the simulator runs on today

    def made(**changes):
        return payload(customer_number=customer, rows=(row,), invoice_date=today, due_date=today, **changes)

    return made


def test_the_tenant_of_the_token_is_the_company(town, fortnox):
    assert town.tokens().tenant_id == fortnox.company.get().database_number


def test_lists_counts_and_details_agree(fortnox):
    assert fortnox.customers.count(filter="active") == len(list(fortnox.customers.list(filter="active"))) == 1
    customer = fortnox.customers.get(next(fortnox.customers.list()).number)
    article = fortnox.articles.get(next(fortnox.articles.list()).number)
    assert (customer.name, customer.country_code, customer.active) == ("Almgrens Bygg AB", "SE", True)
    assert (article.description, article.vat, article.sales_price) == ("Bokföring", Decimal(25), Decimal(895))


def test_a_customer_is_created_changed_and_cleared(fortnox):
    made = fortnox.customers.create(CustomerPayload(name="Åkerbo", comments="hej", number="A-1"))
    assert (made.number, made.type, made.vat_type) == ("A-1", "COMPANY", "SEVAT")
    assert fortnox.customers.update("A-1", CustomerUpdate(comments=BLANK, city="Växjö")).comments == ""
    assert [each.number for each in fortnox.customers.list(city="växjö")] == ["A-1"]


def test_an_invoice_goes_its_way(fortnox, body):
    made = fortnox.invoices.create(body())
    assert (made.booked, made.net, made.total_vat) == (False, Decimal(2250), Decimal("562.5"))
    assert made.total == made.net + made.total_vat + made.round_off
    assert [each.number for each in fortnox.invoices.find_by_reference("UKU-0001")] == [made.number]
    assert fortnox.invoices.update(made.number, InvoiceUpdate(remarks="Tack")).remarks == "Tack"
    booked = fortnox.invoices.bookkeep(made.number)
    assert (booked.booked, booked.voucher_series) == (True, "B")
    original = fortnox.invoices.credit(made.number)
    note = fortnox.invoices.get(original.credit_invoice_reference)
    assert (note.credit, note.total) == (True, -made.total)


def test_an_invoice_is_cancelled_and_one_is_marked_as_sent(fortnox, body):
    made = fortnox.invoices.create(body())
    assert fortnox.invoices.external_print(made.number).sent is True
    assert fortnox.invoices.cancel(fortnox.invoices.create(body()).number).cancelled is True


def test_a_lost_answer_is_found_by_its_reference(town, fortnox, body):
    town.control("faults", method="POST", path="/3/invoices", action="reset", phase="P2")
    with pytest.raises(ConnectionFailed) as caught:
        fortnox.invoices.create(body())
    assert caught.value.outcome is Outcome.UNKNOWN
    assert len(fortnox.invoices.find_by_reference("UKU-0001")) == 1
    assert len([each for each in town.posts() if each["path"] == "/3/invoices"]) == 1


def test_a_gateway_page_after_the_commit_is_an_unknown_outcome(town, fortnox, body):
    town.control("faults", method="POST", path="/3/invoices", action="status", status=502, phase="P2")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the outcome is what counts
        fortnox.invoices.create(body())
    assert (caught.value.outcome, caught.value.transient) == (Outcome.UNKNOWN, True)


def test_a_read_survives_a_passing_fault(town, fortnox):
    town.control("faults", path="/3/customers", action="status", status=503)
    assert len(list(fortnox.customers.list())) == 1


def test_what_does_not_exist_is_not_found(fortnox):
    with pytest.raises(NotFound) as caught:
        fortnox.customers.get("nobody")
    assert (caught.value.code, caught.value.message) == (2000433, "Kan inte hitta kunden.")


def test_a_text_that_was_not_cleaned_is_refused_and_a_cleaned_one_is_taken(fortnox, body):
    dirty = body(remarks="a <b>")
    with pytest.raises(Invalid) as caught:
        fortnox.invoices.create(dirty)
    assert (caught.value.code, caught.value.outcome) == (2000359, Outcome.REFUSED)
    clean, changes = dirty.clean()
    assert fortnox.invoices.create(clean).remarks == "a (b)"
    assert len(changes) == 2


def test_a_missing_scope_is_told(town):
    with town.open(RefreshTokenAuth(town.app, MemoryTokenStore(town.tokens("customer")))) as narrow:
        assert narrow.customers.count() == 1
        with pytest.raises(Forbidden) as caught:
            narrow.invoices.count()
    assert caught.value.code == 2000663


def test_settings_years_and_vouchers_are_read(fortnox):
    today = date.today()  # noqa: DTZ011 - the simulator runs on today
    assert fortnox.settings.company().database_number == fortnox.company.get().database_number
    assert fortnox.settings.locked_period().end_date is None
    assert fortnox.predefined_accounts.get("ROUNDOFF").account == 3740
    year = fortnox.financial_years.on(today)
    assert year.from_date <= today <= year.to_date
    first = today.replace(day=1)
    assert fortnox.vouchers.count(from_date=first, to_date=today, financial_year_date=today) == 0
    accounts = {each.number: each.vat_code for each in fortnox.accounts.list(financial_year=int(year.id))}
    assert accounts["3041"] == "MP1"
    assert {"h", "st"} <= {each.code for each in fortnox.units.list()}
    assert fortnox.terms_of_payment.get("30").code == "30"


def test_tokens_rotate_and_a_spent_one_ends_the_connection(town):
    tokens = town.tokens()
    store = MemoryTokenStore(tokens)
    RefreshTokenAuth(town.app, store).keep_alive()
    assert store.load().tokens.refresh_token != tokens.refresh_token
    with pytest.raises(GrantRevoked):
        town.app.refresh(tokens.refresh_token)


def test_a_consent_to_a_service_account_mints_tokens(town):
    tenant = town.tokens().tenant_id
    with town.open(ClientCredentialsAuth(town.app, tenant)) as fortnox:
        assert fortnox.customers.count() == 1


def test_a_revoked_grant_cannot_be_refreshed(town):
    tokens = town.tokens()
    assert town.app.revoke(tokens.refresh_token) is True
    auth = RefreshTokenAuth(town.app, MemoryTokenStore(tokens), margin=timedelta(days=1))
    with pytest.raises(Unauthorized):
        auth.token()
