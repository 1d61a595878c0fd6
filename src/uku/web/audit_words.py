"""The audit log in words: what each action is called, and which group it is found under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from uku.clients.models import VatType
from uku.integrations.registry import integrations
from uku.invoices.delivery_models import DeliveryWay
from uku.invoices.models import State
from uku.products.models import TierWay
from uku.workspaces.models import Plan, Role
from uku.workspaces.permissions import SWITCHES

ACTIONS: Mapping[str, str | Promise] = {
    "account.factor_add": _("Added a second factor"),
    "account.factor_remove": _("Removed a second factor"),
    "account.factor_reset": _("Recovery codes renewed"),
    "account.password": _("Changed the password"),
    "account.refuse": _("Sign-in refused"),
    "account.sign_in": _("Signed in"),
    "account.sign_out": _("Signed out"),
    "audit.export": _("Exported the audit log"),
    "client.archive": _("Archived a client"),
    "client.create": _("Added a client"),
    "client.edit": _("Changed a client"),
    "client.reveal": _("Showed a client's numbers in full"),
    "client.export": _("Exported clients"),
    "invoice.export": _("Exported invoices"),
    "client.import": _("Updated a client from the accounting system"),
    "client.refuse_list": _("List of clients refused"),
    "client.restore": _("Restored a client"),
    "client.sheet_confirm": _("Confirmed a client file"),
    "client.sheet_map": _("Chose the columns of a client file"),
    "client.sheet_refused": _("Downloaded the skipped rows"),
    "client.sheet_resume": _("Continued the import of a client file"),
    "client.sheet_stop": _("Import of a client file stopped"),
    "client.sheet_take_in": _("Imported a client file"),
    "client.sheet_throw_away": _("Deleted a client file"),
    "client.sheet_upload": _("Uploaded a client file"),
    "client.take_over": _("Used the accounting system's values"),
    "company.edit": _("Changed the company details"),
    "invoice.copy": _("Copied an invoice"),
    "invoice.delete": _("Deleted a draft"),
    "invoice.cancel": _("Cancelled an invoice"),
    "invoice.cancel_asked": _("Asked for an invoice to be cancelled"),
    "invoice.cancel_refused": _("The accounting system did not cancel an invoice"),
    "invoice.credit": _("Issued a credit note"),
    "invoice.draft": _("Created a draft"),
    "invoice.edit": _("Changed a draft"),
    "invoice.hand_back": _("Handed a draft back"),
    "invoice.hand_over": _("Handed a draft over for approval"),
    "invoice.issue": _("Issued an invoice"),
    "invoice.missing": _("Invoice deleted in the accounting system"),
    "invoice.number": _("Gave an invoice its number"),
    "invoice.accept": _("Accepted the accounting system's amounts"),
    "invoice.month": _("Checked a month"),
    "invoice.month_export": _("Exported a month's end"),
    "invoice.not_sent": _("Invoice not sent to the client"),
    "invoice.rate": _("Stated the rate for VAT in kronor"),
    "invoice.read": _("Payments read"),
    "invoice.remind": _("Reminded a client"),
    "invoice.reopen": _("Made an invoice a draft again"),
    "invoice.send": _("Let an invoice be sent to the client"),
    "invoice.send_unclear": _("Not known whether an invoice was sent"),
    "invoice.sent": _("Invoice sent to the client"),
    "invoice.settings": _("Changed how invoices are sent"),
    "member.add": _("Added a person"),
    "member.billing": _("Changed billing permissions"),
    "member.deactivate": _("Deactivated a person"),
    "member.invite": _("Invited a person"),
    "member.invite_again": _("Invited a person again"),
    "member.join": _("Accepted an invitation"),
    "member.reactivate": _("Reactivated a person"),
    "member.role": _("Changed a role"),
    "member.uninvite": _("Withdrew an invitation"),
    "product.archive": _("Archived a product"),
    "product.create": _("Added a product"),
    "product.edit": _("Changed a product"),
    "product.keep": _("Kept the product's values"),
    "product.rate_name": _("Changed the name of a VAT rate"),
    "product.refuse_list": _("List of products refused"),
    "product.restore": _("Restored a product"),
    "product.take_over": _("Used the article's values"),
    "summaries.plan": _("Changed the monthly summaries"),
    "field.archive": _("Archived a field of tasks"),
    "field.create": _("Added a field of tasks"),
    "field.edit": _("Changed a field of tasks"),
    "field.restore": _("Restored a field of tasks"),
    "product.pieces": _("Changed how a product is billed from tasks"),
    "task.bill": _("Billed a number of a task"),
    "task.late_dismiss": _("Dismissed a late volume"),
    "task.comment": _("Commented on a task"),
    "task.create": _("Added a task"),
    "task.delete": _("Deleted a task"),
    "task.edit": _("Changed a task"),
    "task.finish": _("Finished a task"),
    "task.reopen": _("Reopened a task"),
    "workspace.create": _("Created the workspace"),
    "workspace.owner": _("Changed the owner of the workspace"),
    "workspace.plan": _("Changed the plan"),
    "workspace.second_factor": _("Changed the requirement of a second factor"),
}
GROUPS: Mapping[str, str | Promise] = {
    "account": _("Sign-in and security"),
    "member": _("People"),
    "company": _("Company"),
    "client": _("Clients"),
    "product": _("Products"),
    "invoice": _("Invoices"),
    "summaries": _("Tasks"),
    "task": _("Tasks"),
    "field": _("Tasks"),
    "workspace": _("Settings"),
    "audit": _("Audit log"),
}
FIELDS: Mapping[str, str | Promise] = {
    "active": _("Active"),
    "address": _("Address"),
    "address1": _("Address"),
    "address2": _("Address, second line"),
    "all": _("All"),
    "archived_at": _("Archived"),
    "article_company": _("Company of the article"),
    "article_number": _("Article number"),
    "article_seen": _("Article as last seen"),
    "assignee": _("Assignee"),
    "balance": _("Left to pay"),
    "bankgiro": _("Bankgiro"),
    "bcc": _("BCC"),
    "bic": _("BIC"),
    "booked": _("Booked"),
    "cc": _("CC"),
    "changed": _("Changed"),
    "choices": _("Choices"),
    "city": _("City"),
    "client": _("Client"),
    "columns": _("Columns"),
    "company": _("Company"),
    "company_id": _("Database number"),
    "company_name": _("Company"),
    "country": _("Country"),
    "credited": _("Credited"),
    "credited_amount": _("Credited"),
    "currency": _("Currency"),
    "database": _("Database number"),
    "date": _("Date"),
    "default_user": _("Responsible"),
    "description": _("Description"),
    "due_date": _("Due date"),
    "email": _("E-mail"),
    "enabled": _("Enabled"),
    "encoding": _("Character encoding"),
    "error_text": _("Reason"),
    "expires_at": _("Valid until"),
    "f_tax": _("F-tax"),
    "factored": _("Invoice service"),
    "final_pay_date": _("Paid in full"),
    "first_month": _("First month"),
    "form": _("Type of file"),
    "group": _("What"),
    "iban": _("IBAN"),
    "imported": _("Imported"),
    "instance": _("Installation"),
    "invoice_date": _("Invoice date"),
    "is_goods": _("Goods"),
    "is_person": _("Private person"),
    "kind": _("Kind"),
    "language": _("Language"),
    "late_interest": _("Text on late interest"),
    "ledger_ocr": _("OCR number in the accounting system"),
    "ledger_reminders": _("Reminders in the accounting system"),
    "name": _("Name"),
    "new": _("New"),
    "new_clients": _("New clients"),
    "number": _("Number"),
    "organisation_number": _("Organisation number"),
    "other_articles": _("Articles in other companies"),
    "our_reference": _("Our reference"),
    "outcome": _("Result"),
    "owner": _("Company Owner"),
    "paid": _("Paid"),
    "payment_days": _("Terms of payment, days"),
    "payments": _("Payments"),
    "person": _("Person"),
    "personal_numbers_in_full": _("Personal numbers in full"),
    "phone": _("Phone"),
    "plan": _("Plan"),
    "plusgiro": _("Plusgiro"),
    "postcode": _("Postcode"),
    "price": _("Price"),
    "q": _("Words"),
    "rate": _("Rate"),
    "reason": _("Reason"),
    "reference": _("Reference"),
    "refused": _("Skipped"),
    "registered_office": _("Registered office"),
    "remark": _("Remark"),
    "remarks": _("Remarks"),
    "remind_after": _("Banking days before a reminder"),
    "required": _("Required"),
    "role": _("Role"),
    "rows": _("Rows"),
    "sales_invoices": _("Sales invoices"),
    "scopes": _("Permissions"),
    "search": _("Search"),
    "service_account": _("Service account"),
    "since": _("From"),
    "skipped": _("Skipped"),
    "state": _("State"),
    "statistics": _("Statistics"),
    "task_field": _("Billed from"),
    "tier_way": _("Tiers apply to"),
    "tiers": _("Tiers, from piece"),
    "time_zone": _("Time zone"),
    "title": _("Title"),
    "to": _("To"),
    "topic": _("Topic"),
    "total": _("Total"),
    "unchanged": _("Unchanged"),
    "unit": _("Unit"),
    "until": _("To"),
    "vat_number": _("VAT number"),
    "vat_rate": _("VAT rate"),
    "vat_type": _("VAT type"),
    "vouchers": _("Vouchers"),
    "way": _("How"),
    "your_reference": _("Your reference"),
    **{name: capfirst(permission.label) for permission, name in SWITCHES.items()},
}
"""What the fields of records are called that an entry compares."""

CHOICES: Mapping[str, Mapping[str, Any]] = {
    "plan": dict(Plan.choices),
    "role": dict(Role.choices),
    "state": dict(State.choices),
    "tier_way": dict(TierWay.choices),
    "vat_type": dict(VatType.choices),
    "way": dict(DeliveryWay.choices),
}
"""The labels of what an entry keeps as a choice."""


def words_of(action: str) -> str:
    """Return the sentence for an action; an old one that has none any more is shown by its name."""
    for table in (ACTIONS, *(_of(integration, "audit_actions") for integration in integrations())):
        if action in table:
            return str(table[action])
    return action


def groups() -> dict[str, list[str]]:
    """Return each group's label with the beginnings of the actions in it, in the order they are offered."""
    found: dict[str, list[str]] = {}
    for table in (GROUPS, *(_of(integration, "audit_groups") for integration in integrations())):
        for beginning, label in table.items():
            found.setdefault(str(label), []).append(beginning)
    return found


def _of(integration: object, name: str) -> Mapping[str, str | Promise]:
    """An integration may bring words of its own."""
    table: Mapping[str, str | Promise] = getattr(integration, name, {})
    return table
