"""All addresses. What belongs to a workspace carries its slug (decision 7)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from uku.integrations.registry import Integration, integrations
from uku.web.views import (
    accounts,
    audit,
    billing,
    billing_bulk,
    client_export,
    clients,
    credit,
    deliveries,
    draft_search,
    draft_steps,
    drafts,
    health,
    help_pages,
    home,
    import_files,
    invitations,
    issue,
    members,
    month_end,
    notices,
    products,
    repeat,
    settings,
    tasks,
    tax_rates,
)


def _pages_of(integration: Integration) -> list[URLPattern | URLResolver]:
    """The integration's pages under Settings & Apps, and its one address outside a workspace, if any."""
    own = path(f"w/<slug:slug>/settings/{integration.slug}/", include((integration.urlconf, integration.slug)))
    root: str | None = getattr(integration, "root_urlconf", None)
    return [own, path("", include(root))] if root else [own]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("health", health.health, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("accounts/", accounts.security, name="accounts"),
    path("accounts/second-factor/", accounts.second_factor_needed, name="second-factor-needed"),
    # A person's e-mail address is what colleagues invited and what the audit log names: it is not changed here.
    path("accounts/email/", accounts.not_offered),
    path("accounts/confirm-email/", accounts.not_offered),
    path("accounts/", include("allauth.urls")),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/<str:secret>/", invitations.invitation_open, name="invitation-open"),
    path("w/<slug:slug>/clients/", clients.client_list, name="clients"),
    path("w/<slug:slug>/clients/new/", clients.client_new, name="client-new"),
    path("w/<slug:slug>/clients/bulk/", clients.client_bulk, name="clients-bulk"),
    path("w/<slug:slug>/clients/export/", client_export.client_export_page, name="clients-export"),
    path("w/<slug:slug>/clients/import/", import_files.file_list, name="import-files"),
    path("w/<slug:slug>/clients/import/<int:pk>/", import_files.file_page, name="import-file"),
    path("w/<slug:slug>/clients/import/<int:pk>/columns/", import_files.file_columns, name="import-file-columns"),
    path("w/<slug:slug>/clients/import/<int:pk>/take-in/", import_files.file_confirm, name="import-file-take-in"),
    path("w/<slug:slug>/clients/import/<int:pk>/resume/", import_files.file_resume, name="import-file-resume"),
    path(
        "w/<slug:slug>/clients/import/<int:pk>/left-out/", import_files.file_skipped_rows, name="import-file-left-out"
    ),
    path(
        "w/<slug:slug>/clients/import/<int:pk>/throw-away/",
        import_files.file_delete,
        name="import-file-throw-away",
    ),
    path("w/<slug:slug>/clients/<int:pk>/", clients.client_page, name="client"),
    path("w/<slug:slug>/clients/<int:pk>/edit/", clients.client_edit, name="client-edit"),
    path("w/<slug:slug>/clients/<int:pk>/numbers/", clients.client_numbers, name="client-numbers"),
    path("w/<slug:slug>/help/personal-numbers/", help_pages.personal_numbers, name="help-personal-numbers"),
    path("w/<slug:slug>/help/export-clients/", help_pages.export_clients, name="help-export-clients"),
    path("w/<slug:slug>/products/", products.product_list, name="products"),
    path("w/<slug:slug>/products/new/", products.product_new, name="product-new"),
    path("w/<slug:slug>/products/bulk/", products.product_bulk, name="products-bulk"),
    path("w/<slug:slug>/products/tax-rates/", tax_rates.tax_rates, name="tax-rates"),
    path("w/<slug:slug>/products/<int:pk>/", products.product_page, name="product"),
    path("w/<slug:slug>/products/<int:pk>/edit/", products.product_edit, name="product-edit"),
    path("w/<slug:slug>/products/<int:pk>/difference/", products.product_difference, name="product-difference"),
    path("w/<slug:slug>/billing/", billing.invoice_list, name="billing"),
    path("w/<slug:slug>/billing/bulk/", billing_bulk.billing_bulk, name="billing-bulk"),
    path("w/<slug:slug>/billing/export/", billing_bulk.billing_export, name="billing-export"),
    path("w/<slug:slug>/billing/month/", month_end.month_page, name="month-end"),
    path("w/<slug:slug>/billing/month/check/", month_end.month_check, name="month-check"),
    path("w/<slug:slug>/billing/month/export/", month_end.month_export, name="month-export"),
    path("w/<slug:slug>/billing/new/", drafts.invoice_new, name="invoice-new"),
    path("w/<slug:slug>/billing/repeat/", repeat.invoices_repeat, name="invoices-repeat"),
    path("w/<slug:slug>/billing/summary/", drafts.invoice_summary, name="invoice-summary"),
    path("w/<slug:slug>/billing/clients/", draft_search.client_search, name="client-search"),
    path("w/<slug:slug>/billing/products/", draft_search.product_search, name="product-search"),
    path("w/<slug:slug>/billing/<int:pk>/", billing.invoice_page, name="invoice"),
    path("w/<slug:slug>/billing/<int:pk>/edit/", drafts.invoice_edit, name="invoice-edit"),
    path("w/<slug:slug>/billing/<int:pk>/copy/", draft_steps.invoice_copy, name="invoice-copy"),
    path("w/<slug:slug>/billing/<int:pk>/delete/", draft_steps.invoice_delete, name="invoice-delete"),
    path("w/<slug:slug>/billing/<int:pk>/hand-over/", draft_steps.invoice_hand_over, name="invoice-hand-over"),
    path("w/<slug:slug>/billing/<int:pk>/hand-back/", draft_steps.invoice_hand_back, name="invoice-hand-back"),
    path("w/<slug:slug>/billing/<int:pk>/issue/", issue.invoice_issue, name="invoice-issue"),
    path("w/<slug:slug>/billing/<int:pk>/accept/", issue.invoice_accept, name="invoice-accept"),
    path("w/<slug:slug>/billing/<int:pk>/credit/", credit.invoice_credit, name="invoice-credit"),
    path("w/<slug:slug>/billing/<int:pk>/cancel/", credit.invoice_cancel, name="invoice-cancel"),
    path("w/<slug:slug>/billing/send/", deliveries.invoices_send, name="invoices-send"),
    path("w/<slug:slug>/billing/<int:pk>/pdf/", deliveries.invoice_pdf, name="invoice-pdf"),
    path("w/<slug:slug>/billing/<int:pk>/pdf/<slug:source>/", deliveries.invoice_pdf, name="invoice-pdf-kept"),
    path("w/<slug:slug>/billing/<int:pk>/send/", deliveries.invoice_send, name="invoice-send"),
    path("w/<slug:slug>/billing/<int:pk>/remind/", deliveries.invoice_remind, name="invoice-remind"),
    path("w/<slug:slug>/billing/<int:pk>/check-payment/", deliveries.invoice_check_payment, name="invoice-check"),
    path("w/<slug:slug>/billing/deliveries/<int:pk>/", deliveries.delivery_page, name="delivery"),
    path("w/<slug:slug>/billing/deliveries/<int:pk>/arrived/", deliveries.delivery_arrived, name="delivery-arrived"),
    path("w/<slug:slug>/billing/deliveries/<int:pk>/again/", deliveries.delivery_again, name="delivery-again"),
    path("w/<slug:slug>/billing/deliveries/<int:pk>/withdraw/", deliveries.delivery_withdraw, name="delivery-withdraw"),
    path("w/<slug:slug>/tasks/", tasks.task_list, name="tasks"),
    path("w/<slug:slug>/tasks/<int:pk>/", tasks.task_page, name="task"),
    path("w/<slug:slug>/tasks/<int:pk>/finish/", tasks.task_finish, name="task-finish"),
    path("w/<slug:slug>/notices/", notices.notice_list, name="notices"),
    path("w/<slug:slug>/notices/read/", notices.notices_read, name="notices-read"),
    path("w/<slug:slug>/notices/<int:pk>/open/", notices.notice_open, name="notice-open"),
    path("w/<slug:slug>/notices/<int:pk>/read/", notices.notice_read, name="notice-read"),
    path("w/<slug:slug>/settings/", settings.settings_page, name="settings"),
    path("w/<slug:slug>/settings/audit/", audit.audit_page, name="audit"),
    path("w/<slug:slug>/settings/audit/export/", audit.audit_export, name="audit-export"),
    path("w/<slug:slug>/settings/invoices/", deliveries.invoice_settings, name="invoice-settings"),
    path("w/<slug:slug>/settings/company/", settings.company_edit, name="company"),
    path("w/<slug:slug>/settings/company/take-over/", settings.company_take_over, name="company-take-over"),
    path("w/<slug:slug>/settings/members/", members.member_list, name="members"),
    path("w/<slug:slug>/settings/members/invite/", members.member_invite, name="member-invite"),
    path("w/<slug:slug>/settings/members/second-factor/", members.second_factor_rule, name="second-factor-rule"),
    path("w/<slug:slug>/settings/members/<int:pk>/", members.member_page, name="member"),
    path("w/<slug:slug>/settings/members/<int:pk>/permissions/", members.member_billing, name="member-billing"),
    path("w/<slug:slug>/settings/members/<int:pk>/deactivate/", members.member_deactivate, name="member-deactivate"),
    path("w/<slug:slug>/settings/members/<int:pk>/reactivate/", members.member_reactivate, name="member-reactivate"),
    path("w/<slug:slug>/settings/members/<int:pk>/transfer/", members.member_transfer, name="member-transfer"),
    path(
        "w/<slug:slug>/settings/members/invitations/<int:pk>/resend/",
        members.invitation_resend,
        name="invitation-resend",
    ),
    path(
        "w/<slug:slug>/settings/members/invitations/<int:pk>/withdraw/",
        members.invitation_withdraw,
        name="invitation-withdraw",
    ),
    *[pattern for integration in integrations() for pattern in _pages_of(integration)],
]

handler403 = "uku.web.views.home.forbidden"
handler404 = "uku.web.views.home.not_found"
handler500 = "uku.web.views.home.failed"
handler429 = "uku.web.views.home.too_many"
