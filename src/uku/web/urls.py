"""All addresses. What belongs to a workspace carries its slug (engineering 14)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from uku.integrations.registry import Integration, integrations
from uku.web.views import billing, clients, home, products, settings, tasks


def _pages_of(integration: Integration) -> list[URLPattern | URLResolver]:
    """The integration's pages under Settings & Apps, and its one address outside a workspace, if any."""
    own = path(f"w/<slug:slug>/settings/{integration.slug}/", include((integration.urlconf, integration.slug)))
    root: str | None = getattr(integration, "root_urlconf", None)
    return [own, path("", include(root))] if root else [own]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("accounts/", include("allauth.urls")),
    path("w/<slug:slug>/clients/", clients.client_list, name="clients"),
    path("w/<slug:slug>/clients/new/", clients.client_new, name="client-new"),
    path("w/<slug:slug>/clients/<int:pk>/", clients.client_page, name="client"),
    path("w/<slug:slug>/clients/<int:pk>/edit/", clients.client_edit, name="client-edit"),
    path("w/<slug:slug>/products/", products.product_list, name="products"),
    path("w/<slug:slug>/products/new/", products.product_new, name="product-new"),
    path("w/<slug:slug>/billing/", billing.invoice_list, name="billing"),
    path("w/<slug:slug>/billing/new/", billing.invoice_new, name="invoice-new"),
    path("w/<slug:slug>/billing/<int:pk>/", billing.invoice_page, name="invoice"),
    path("w/<slug:slug>/billing/<int:pk>/issue/", billing.invoice_issue, name="invoice-issue"),
    path("w/<slug:slug>/tasks/", tasks.task_list, name="tasks"),
    path("w/<slug:slug>/tasks/<int:pk>/", tasks.task_page, name="task"),
    path("w/<slug:slug>/tasks/<int:pk>/finish/", tasks.task_finish, name="task-finish"),
    path("w/<slug:slug>/settings/", settings.settings_page, name="settings"),
    *[pattern for integration in integrations() for pattern in _pages_of(integration)],
]

handler403 = "uku.web.views.home.forbidden"
handler404 = "uku.web.views.home.not_found"
handler500 = "uku.web.views.home.failed"
