"""What Fortnox adds to the words of the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AUDIT_ACTIONS: Mapping[str, str | Promise] = {
    "fortnox.adopt": _("Took the Fortnox connection over from another installation"),
    "fortnox.authorize": _("Went to Fortnox to authorize"),
    "fortnox.company_changed": _("Found another company behind the connection"),
    "fortnox.connect": _("Connected Fortnox"),
    "fortnox.consent_link": _("Made a link for a Fortnox administrator"),
    "fortnox.create_all": _("Asked for clients from all customers that wait"),
    "fortnox.cured": _("Found the connection working again"),
    "fortnox.decline": _("Declined a company that was authorized"),
    "fortnox.disable": _("Disabled Fortnox"),
    "fortnox.disconnect": _("Disconnected Fortnox"),
    "fortnox.enable": _("Enabled Fortnox"),
    "fortnox.expire": _("Let a company that nobody confirmed go"),
    "fortnox.first_import": _("Decided the first import"),
    "fortnox.ignore": _("Ignored a Fortnox customer"),
    "fortnox.invoiced": _("Chose which Fortnox customer is invoiced"),
    "fortnox.keep_number": _("Kept the number from Uku of an invoice that Fortnox did not accept"),
    "fortnox.link": _("Linked a Fortnox customer"),
    "fortnox.new_clients": _("Chose what becomes of new customers"),
    "fortnox.problem.ignore": _("Let a problem be"),
    "fortnox.problem.retry": _("Asked to try a record again"),
    "fortnox.problem.take_up": _("Took up a problem that had been let be"),
    "fortnox.refuse": _("Refused an authorization"),
    "fortnox.refuse_list": _("Was refused a list of Fortnox customers"),
    "fortnox.reload": _("Began to reload the data from Fortnox"),
    "fortnox.reload_cancel": _("Cancelled reloading the data from Fortnox"),
    "fortnox.retry": _("Asked to send to Fortnox again"),
    "fortnox.revoke": _("Revoked access at Fortnox"),
    "fortnox.rotate_keys": _("Sealed the tokens under a new key"),
    "fortnox.same_client": _("Said that a customer is the same client still"),
    "fortnox.scopes_changed": _("Found other permissions at Fortnox"),
    "fortnox.send": _("Sent an invoice to Fortnox by hand"),
    "fortnox.take_back": _("Took up a Fortnox customer that was ignored"),
    "fortnox.trouble": _("Found trouble with the connection"),
    "fortnox.unlink": _("Unlinked a Fortnox customer"),
    "fortnox.wait": _("Let an authorized company wait for a confirmation"),
    "fortnox.withdraw_consent_link": _("Withdrew a link for a Fortnox administrator"),
}
AUDIT_GROUPS: Mapping[str, str | Promise] = {"fortnox": _("Fortnox")}
