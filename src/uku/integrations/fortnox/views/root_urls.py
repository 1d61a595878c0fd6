"""The addresses outside a workspace: the one that Fortnox sends people back to, where `state` finds the workspace;
the connect page behind a link; and the one for messages from Fortnox's developer portal.
"""

from django.urls import path

from uku.integrations.fortnox.connection import callback, webhook
from uku.integrations.fortnox.views import visitors

urlpatterns = [
    path("fortnox/callback", callback.receive_callback, name="fortnox-callback"),
    path("fortnox/connect/<str:token>/", visitors.connect, name="fortnox-consent-link"),
    path("fortnox/hint", webhook.receive_webhook, name="fortnox-hint"),
]
