"""The audit log in words: what each action is called, and which group it is found under."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.integrations.registry import integrations

ACTIONS: Mapping[str, str | Promise] = {
    "account.factor_add": _("Added a second factor"),
    "account.factor_remove": _("Removed a second factor"),
    "account.factor_reset": _("Made a second factor anew"),
    "account.password": _("Changed the password"),
    "account.refuse": _("Was refused at sign-in"),
    "account.sign_in": _("Signed in"),
    "account.sign_out": _("Signed out"),
    "audit.export": _("Exported the audit log"),
    "client.archive": _("Archived a client"),
    "client.create": _("Added a client"),
    "client.edit": _("Changed a client"),
    "client.reveal": _("Looked at a client's numbers in full"),
    "client.export": _("Exported clients"),
    "client.import": _("Updated a client from the accounting system"),
    "client.refuse_list": _("Was refused a list of clients"),
    "client.restore": _("Restored a client"),
    "client.sheet_confirm": _("Confirmed a file of clients"),
    "client.sheet_map": _("Chose the columns of a file of clients"),
    "client.sheet_refused": _("Downloaded the rows that were left out"),
    "client.sheet_resume": _("Went on with a file of clients"),
    "client.sheet_stop": _("Stopped taking in a file of clients"),
    "client.sheet_take_in": _("Took in a file of clients"),
    "client.sheet_throw_away": _("Threw a file of clients away"),
    "client.sheet_upload": _("Uploaded a file of clients"),
    "client.take_over": _("Took over details from the accounting system"),
    "company.edit": _("Changed the company card"),
    "invoice.draft": _("Made a draft"),
    "invoice.issue": _("Issued an invoice"),
    "invoice.number": _("Numbered an invoice"),
    "invoice.read": _("Read an invoice back"),
    "member.add": _("Added a person"),
    "member.deactivate": _("Deactivated a person"),
    "member.invite": _("Invited a person"),
    "member.invite_again": _("Invited a person again"),
    "member.join": _("Accepted an invitation"),
    "member.reactivate": _("Let a person in again"),
    "member.role": _("Changed a role"),
    "member.uninvite": _("Withdrew an invitation"),
    "product.archive": _("Archived a product"),
    "product.create": _("Added a product"),
    "product.edit": _("Changed a product"),
    "product.keep": _("Kept a product as it is"),
    "product.rate_name": _("Named a tax rate"),
    "product.refuse_list": _("Was refused a list of products"),
    "product.restore": _("Restored a product"),
    "product.take_over": _("Took an article's changes over"),
    "summaries.plan": _("Planned monthly summaries"),
    "task.finish": _("Finished a task"),
    "workspace.create": _("Made the workspace"),
    "workspace.owner": _("Handed the workspace over"),
    "workspace.plan": _("Changed the plan"),
    "workspace.second_factor": _("Changed whether a second factor is required"),
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
    "workspace": _("Settings"),
    "audit": _("Audit log"),
}


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
