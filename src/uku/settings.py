"""Django's settings, all taken from `uku.config`."""

from __future__ import annotations

from urllib.parse import urlsplit

import django_stubs_ext
from psycopg.conninfo import conninfo_to_dict

from uku.config import config

django_stubs_ext.monkeypatch()

UKU = config()

SECRET_KEY = UKU.secret_key.get_secret_value()
DEBUG = UKU.debug
ALLOWED_HOSTS = [UKU.host, "localhost", "127.0.0.1"] if not UKU.secure else [UKU.host]
CSRF_TRUSTED_ORIGINS = [UKU.public_url]

INSTALLED_APPS = [
    "uku.apps.UkuConfig",
    "uku.web.apps.WebConfig",
    "uku.integrations.fortnox.apps.FortnoxConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's page of passkeys asks for it
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "uku.web.middleware.request_id",
    "uku.web.middleware.headers",
    "csp.middleware.CSPMiddleware",
    "uku.web.middleware.proxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "uku.web.middleware.note_address",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "uku.web.middleware.session_limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "uku.web.middleware.private_pages",
    "uku.web.middleware.action_pages",
    "uku.web.middleware.refusals",
]

ROOT_URLCONF = "uku.web.urls"
WSGI_APPLICATION = "uku.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "uku.web.context.navigation",
            ],
        },
    }
]

# Without an address there is no database: `uku` fills it in from the embedded cluster before Django starts.
_database = conninfo_to_dict(UKU.database_url) if UKU.database_url else {}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.get("dbname") or "uku",
        "USER": _database.get("user") or "",
        "PASSWORD": _database.get("password") or "",
        "HOST": _database.get("host") or "",
        "PORT": str(_database.get("port") or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"connect_timeout": 5, "options": "-c lock_timeout=5s -c statement_timeout=60s"},
    }
}
# Counters of tries must hold over all processes, so the cache is the database's.
CACHES = {"default": {"BACKEND": "uku.kit.shared_cache.SharedCache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "uku.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The first hashes; a password under another is hashed anew at the next sign-in (S25).
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "uku.web.accounts.Adapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = UKU.fresh_minutes * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second factor is told to its person
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # allauth's own would be the Host of the request
# Tries per address (ip), account or address written (key), and signed-in person (user); the rest are allauth's.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip,300/h/ip",
    "login_failed": "10/m/ip,100/h/ip,5/5m/key",
    "reset_password": "10/m/ip,60/h/ip,3/5m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "invite": "20/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "uku.web.accounts.SecondFactors"
MFA_FORMS = {
    "add_webauthn": "uku.web.forms.passkeys.AddPasskey",
    "authenticate_webauthn": "uku.web.forms.passkeys.AuthenticateByPasskey",
    "login_webauthn": "uku.web.forms.passkeys.LoginByPasskey",
    "reauthenticate_webauthn": "uku.web.forms.passkeys.ReauthenticateByPasskey",
}
MFA_TOTP_ISSUER = "Uku"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever has an account was invited by mail to that address
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: telephones' clocks differ; each code still works once
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not UKU.secure and UKU.host == "localhost"

# Ports share cookies on one host, so the names are ours; the __Host- prefix needs https.
_cookie = "__Host-uku_" if UKU.secure else "uku_"
SESSION_COOKIE_NAME = f"{_cookie}session"
CSRF_COOKIE_NAME = f"{_cookie}csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = UKU.secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = UKU.secure, True, "Lax"
SESSION_ENGINE = "uku.web.session_store"
SESSION_COOKIE_AGE = UKU.session_idle_hours * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if UKU.secure else 0
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_fortnox = urlsplit(UKU.fortnox_auth_url)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # A posted Authorize is redirected to the consent page; Chromium checks form-action there too.
        "form-action": ["'self'", f"{_fortnox.scheme}://{_fortnox.netloc}"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = None  # served from the packages by WhiteNoise; nothing is collected
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = UKU.debug

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_HANDLERS = ["uku.web.uploads.BoundedUpload"]

DEFAULT_FROM_EMAIL = SERVER_EMAIL = UKU.email_from or f"Uku <no-reply@{UKU.host}>"
EMAIL_SUBJECT_PREFIX = ""
_DJANGO_MAIL = "django.core.mail.backends"
if UKU.email_folder:
    EMAIL_BACKEND = f"{_DJANGO_MAIL}.filebased.EmailBackend"
else:
    EMAIL_BACKEND = "uku.kit.mail.EmailBackend" if UKU.smtp else f"{_DJANGO_MAIL}.console.EmailBackend"
EMAIL_FILE_PATH = str(UKU.email_folder) if UKU.email_folder else None
EMAIL_TIMEOUT = 20  # seconds for each step of the conversation
if UKU.smtp:
    EMAIL_HOST, EMAIL_PORT = UKU.smtp.host, UKU.smtp.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = UKU.smtp.user, UKU.smtp.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = UKU.smtp.starttls, UKU.smtp.tls

# Procrastinate looks for modules named `tasks` by default, which is our domain.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None
PROCRASTINATE_IMPORT_PATHS = [
    "uku.workspaces.jobs",
    "uku.clients.import_files.jobs",
    "uku.invoices.jobs",
    "uku.tasks.jobs",
    "uku.integrations.fortnox.jobs",
    "uku.kit.upkeep",
]

LOGGING_CONFIG = "uku.kit.logs.configure"
LOGGING: dict[str, object] = {"json": UKU.log_json, "level": UKU.log_level}
