"""The one constant address that Fortnox sends people back to; the workspace is found by `state`."""

from django.urls import path

from uku.integrations.fortnox import callback

urlpatterns = [path("fortnox/callback", callback.returned, name="fortnox-callback")]
