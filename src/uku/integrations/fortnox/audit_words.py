"""What Fortnox adds to the words of the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AUDIT_ACTIONS: Mapping[str, str | Promise] = {
    "fortnox.adopt": _("Moved the Fortnox connection from another installation"),
    "fortnox.authorize": _("Went to Fortnox to authorize"),
    "fortnox.booking": _("Changed the setting for booking invoices"),
    "fortnox.company_changed": _("Found another company on the connection"),
    "fortnox.connect": _("Connected Fortnox"),
    "fortnox.consent_link": _("Created a link for a Fortnox administrator"),
    "fortnox.create_all": _("Started to add all new customers as clients"),
    "fortnox.create_customer": _("Created a customer in Fortnox"),
    "fortnox.cured": _("Found that the connection works again"),
    "fortnox.decide": _("Decided about an invoice that Fortnox did not confirm"),
    "fortnox.decline": _("Declined a company that was authorized"),
    "fortnox.disable": _("Disabled Fortnox"),
    "fortnox.disconnect": _("Disconnected Fortnox"),
    "fortnox.enable": _("Enabled Fortnox"),
    "fortnox.expire": _("Authorization expired, not confirmed"),
    "fortnox.first_import": _("Completed the first import"),
    "fortnox.ignore": _("Ignored a Fortnox customer"),
    "fortnox.invoiced": _("Chose the Fortnox customer to invoice"),
    "fortnox.keep_number": _("Kept the number from Uku on an invoice that Fortnox refused"),
    "fortnox.link": _("Linked a Fortnox customer"),
    "fortnox.new_clients": _("Changed the setting for new customers"),
    "fortnox.new_customers": _("Changed the setting for clients without a Fortnox customer"),
    "fortnox.problem.ignore": _("Ignored a problem"),
    "fortnox.problem.retry": _("Retried a record"),
    "fortnox.problem.take_up": _("Stopped ignoring a problem"),
    "fortnox.refuse": _("Refused an authorization"),
    "fortnox.refuse_list": _("List of Fortnox customers refused"),
    "fortnox.reload": _("Started to reload the data from Fortnox"),
    "fortnox.reload_cancel": _("Cancelled reloading the data from Fortnox"),
    "fortnox.retry": _("Retried an invoice"),
    "fortnox.revoke": _("Revoked access at Fortnox"),
    "fortnox.rotate_keys": _("Encrypted the tokens with a new key"),
    "fortnox.same_client": _("Confirmed that a customer is still the same client"),
    "fortnox.scopes_changed": _("Found changed permissions in Fortnox"),
    "fortnox.send": _("Sent an invoice to Fortnox with the button"),
    "fortnox.take_back": _("Stopped ignoring a Fortnox customer"),
    "fortnox.trouble": _("Found a problem with the connection"),
    "fortnox.unlink": _("Unlinked a Fortnox customer"),
    "fortnox.wait": _("Received an authorization that must be confirmed"),
    "fortnox.withdraw_consent_link": _("Withdrew a link for a Fortnox administrator"),
}
AUDIT_GROUPS: Mapping[str, str | Promise] = {"fortnox": _("Fortnox")}
