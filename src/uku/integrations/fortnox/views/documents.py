"""The documents behind a number, read from Fortnox when somebody asks for them. Nothing of them is stored."""

from __future__ import annotations

from itertools import islice

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from fortnox_api import FortnoxError
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.models import VoucherKind
from uku.integrations.fortnox.statistics.definitions import STATISTICS, Source
from uku.integrations.fortnox.statistics.documents import Document, read_documents
from uku.integrations.fortnox.statistics.sync import source_is_permitted
from uku.integrations.fortnox.statistics.voucher_series import kinds_of
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.integrations.fortnox.views.frame import draw_tab
from uku.kit import clock
from uku.kit.months import first_of, last_of, month_named, months_later
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

MOST_SHOWN = 500
MOST_MONTHS_BACK = 240


@workspace_page(Permission.SEE_INVOICES)
@require_safe
def documents(request: WorkspaceRequest, month: str, statistic: str) -> HttpResponse:
    """List the first of them; an error of Fortnox's is told, and the number on the task stays what it is."""
    first, this = month_named(month), first_of(clock.today(request.workspace.time_zone))
    if first is None or not months_later(this, -MOST_MONTHS_BACK) <= first <= this or statistic not in STATISTICS:
        raise Http404
    connection, found = connection_of(request.workspace), STATISTICS[statistic]
    shown: list[Document] = []
    failure = ""
    permitted = is_usable(connection) and may_go_out(connection) and source_is_permitted(connection, found.source)
    if permitted:
        kinds = kinds_of(connection.company_id)
        try:
            with open_fortnox(connection) as fortnox:
                listed = read_documents(
                    fortnox, statistic, first, last_of(first), lambda code: kinds.get(code, VoucherKind.OTHER)
                )
                shown = list(islice(listed, MOST_SHOWN + 1))
        except FortnoxError as error:
            note_failure(connection, error)
            failure = error_in_words(error)
    return draw_tab(
        request,
        connection,
        "documents",
        section="tasks",  # where in the menu a page is that a summary task leads to
        statistic=found,
        month=first,
        documents=shown[:MOST_SHOWN],
        more=len(shown) > MOST_SHOWN,
        most=MOST_SHOWN,
        permitted=permitted,
        failure=failure,
        counts_rows=statistic == "voucher_rows",
        is_payment=found.source in {Source.PAYMENTS, Source.SUPPLIER_PAYMENTS},
        is_payslip=found.source == Source.SALARIES,
        with_amounts=any(document.amount is not None for document in shown),
    )
