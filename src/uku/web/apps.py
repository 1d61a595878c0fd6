from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "uku.web"
    label = "web"

    def ready(self) -> None:
        # Imported here: models exist only once every app is loaded.
        from allauth.mfa.signals import authenticator_used
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_save

        from uku.web import account_events, accounts, sessions
        from uku.workspaces.models import Membership, User

        user_logged_in.connect(sessions.begin, dispatch_uid="uku.session.begin")
        authenticator_used.connect(accounts.after_authenticator_used, dispatch_uid="uku.proof")
        post_save.connect(sessions.after_user_saved, sender=User, dispatch_uid="uku.session.user")
        post_save.connect(sessions.after_membership_saved, sender=Membership, dispatch_uid="uku.session.membership")
        account_events.listen()
