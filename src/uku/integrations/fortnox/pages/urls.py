from django.urls import path

from uku.integrations.fortnox.pages import activity, client_dialog, grants, views
from uku.integrations.fortnox.pages import help as help_pages

urlpatterns = [
    path("", grants.overview, name="overview"),
    path("connect/", grants.connect, name="connect"),
    path("settings/", views.settings_tab, name="settings"),
    path("activity/", activity.activity, name="activity"),
    path("activity/problems/<int:pk>/retry/", activity.retry_problem, name="retry-problem"),
    path("activity/problems/<int:pk>/retry-alike/", activity.retry_alike, name="retry-alike"),
    path("activity/problems/<int:pk>/ignore/", activity.ignore_problem, name="ignore-problem"),
    path("activity/problems/<int:pk>/take-up/", activity.take_up_problem, name="take-up-problem"),
    path("help/", help_pages.connecting, name="help"),
    path("help/summary-tasks/", help_pages.summary_tasks, name="help-summary-tasks"),
    path("enable/", grants.enable, name="enable"),
    path("disable/", grants.disable, name="disable"),
    path("authorize/", grants.authorize, name="authorize"),
    path("confirm/", grants.confirm, name="confirm"),
    path("decline/", grants.decline, name="decline"),
    path("links/", grants.make_consent_link, name="make-consent-link"),
    path("links/<int:pk>/withdraw/", grants.withdraw_consent_link, name="withdraw-consent-link"),
    path("disconnect/", grants.disconnect, name="disconnect"),
    path("sync/", views.sync_now, name="sync"),
    path("reload/", views.reload_data, name="reload"),
    path("customers/<int:pk>/link/", views.link, name="link"),
    path("customers/<int:pk>/create-client/", views.create_client, name="create-client"),
    path("customers/<int:pk>/unlink/", client_dialog.unlink, name="unlink"),
    path("customers/<int:pk>/refresh/", client_dialog.refresh, name="refresh"),
    path("clients/<int:pk>/", client_dialog.client_dialog, name="client"),
    path("pushes/<int:pk>/retry/", views.retry, name="retry"),
]
