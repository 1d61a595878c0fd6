from django.urls import path

from uku.integrations.fortnox import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("connect/", views.connect, name="connect"),
    path("settings/", views.settings_tab, name="settings"),
    path("activity/", views.activity, name="activity"),
    path("enable/", views.enable, name="enable"),
    path("disable/", views.disable, name="disable"),
    path("authorize/", views.authorize, name="authorize"),
    path("disconnect/", views.disconnect, name="disconnect"),
    path("sync/", views.sync_now, name="sync"),
    path("reload/", views.reload_data, name="reload"),
    path("customers/<int:pk>/link/", views.link, name="link"),
    path("customers/<int:pk>/create-client/", views.create_client, name="create-client"),
    path("pushes/<int:pk>/retry/", views.retry, name="retry"),
]
