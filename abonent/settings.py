"""Every setting of the program, from the environment and the operator's profile. One file."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from abonent.core import embedded, profile

ROOM = Path(__file__).resolve().parent


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "").lower() in {"1", "true", "yes", "on"}


# --- the installation -------------------------------------------------------------------------------------
HOME = Path(os.environ.get("ABONENT_HOME", "var")).resolve()
PROFILE = profile.load(os.environ.get("ABONENT_PROFILE", "skynet"))
SANDBOX = _flag("ABONENT_SANDBOX")
DEBUG = False
PORT = int(os.environ.get("PORT", "8000"))
# Behind a proxy this is the operator's public address; on one machine it is the loopback.
PUBLIC_URL = os.environ.get("ABONENT_PUBLIC_URL", f"http://localhost:{PORT}")
BEHIND_TLS = PUBLIC_URL.startswith("https://")
SECRET_KEY = os.environ.get("ABONENT_SECRET_KEY", "")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- the sandbox and the gateways -------------------------------------------------------------------------
SANDBOX_URL = os.environ.get("ABONENT_SANDBOX_URL", f"http://localhost:{PORT + 1}")
YOOKASSA_API_URL = os.environ.get(
    "ABONENT_YOOKASSA_API_URL", f"{SANDBOX_URL}/v3" if SANDBOX else "https://api.yookassa.ru/v3"
)
YOOKASSA_SHOP_ID = os.environ.get("ABONENT_YOOKASSA_SHOP_ID", "100500" if SANDBOX else "")
YOOKASSA_SECRET_KEY = os.environ.get("ABONENT_YOOKASSA_SECRET_KEY", "test_sandbox" if SANDBOX else "")
# The third layer after the bank's addresses and asking the bank itself: a path nobody guesses.
YOOKASSA_WEBHOOK_SECRET = os.environ.get("ABONENT_YOOKASSA_WEBHOOK_SECRET", "sandbox" if SANDBOX else "")
# Where the bank's messages come from, as the bank publishes it.
YOOKASSA_NETWORKS = os.environ.get(
    "ABONENT_YOOKASSA_NETWORKS",
    "127.0.0.0/8,::1/128"
    if SANDBOX
    else "77.75.153.0/25,77.75.156.11,77.75.156.35,77.75.154.128/25,185.71.76.0/27,185.71.77.0/27,"
    "2a02:5180:0:1509::/64,2a02:5180:0:2655::/64,2a02:5180:0:1533::/64,2a02:5180:0:2669::/64",
).split(",")
YOOKASSA_CONNECT_SECONDS = 5
YOOKASSA_READ_SECONDS = 30
YOOKASSA_PAGE_READ_SECONDS = 12  # a person waits before the page: then a job goes on asking
YOOKASSA_REPEAT_READ_SECONDS = 5


def _check_pay(channel: str) -> dict[str, str]:
    """Who may speak to /pay/<channel>/; the profile's table of that name says on what terms."""
    name = f"ABONENT_{channel.upper()}"
    return {
        "login": os.environ.get(f"{name}_LOGIN", channel if SANDBOX else ""),
        "password": os.environ.get(f"{name}_PASSWORD", f"demo-{channel}" if SANDBOX else ""),
        "certificate": os.environ.get(f"{name}_CERTIFICATE", ""),
        "networks": os.environ.get(f"{name}_NETWORKS", "127.0.0.0/8,::1/128" if SANDBOX else ""),
        "per_minute": os.environ.get(f"{name}_PER_MINUTE", "3000"),  # of each web process
    }


CHECK_PAY = {channel: _check_pay(channel) for channel in ("osmp", "sber")}
# The register of receipts, where the profile says receipts = "atol".
ATOL_API_URL = os.environ.get(
    "ABONENT_ATOL_API_URL",
    f"{SANDBOX_URL}/atol/possystem/v4" if SANDBOX else "https://online.atol.ru/possystem/v4",
)
ATOL_LOGIN = os.environ.get("ABONENT_ATOL_LOGIN", "sandbox" if SANDBOX else "")
ATOL_PASSWORD = os.environ.get("ABONENT_ATOL_PASSWORD", "sandbox" if SANDBOX else "")
ATOL_GROUP = os.environ.get("ABONENT_ATOL_GROUP", "sandbox_group" if SANDBOX else "")
ATOL_SNO = os.environ.get("ABONENT_ATOL_SNO", "")  # osn, usn_income…; by default from the profile's vat_rate
ATOL_INN = os.environ.get("ABONENT_ATOL_INN", "")  # by default the profile's requisites
ATOL_CONNECT_SECONDS = 5
ATOL_READ_SECONDS = 30
# Addresses that our own directory does not know; without a token it answers alone. Never shown in a page.
DADATA_URL = os.environ.get(
    "ABONENT_DADATA_URL", f"{SANDBOX_URL}/dadata" if SANDBOX else "https://suggestions.dadata.ru"
)
DADATA_TOKEN = os.environ.get("ABONENT_DADATA_TOKEN", "sandbox" if SANDBOX else "")
# Where `abonent radius configure` has written to; `doctor` looks there.
SANDBOX_RADIUS_PORT = PORT + 3  # authorisation; accounting is the next, the sandbox's access server hears CoA on +2
RADIUS_DIR = Path(os.environ.get("ABONENT_RADIUS_DIR", str(HOME / "radius"))).resolve()
SMS_GATEWAY = os.environ.get("ABONENT_SMS_GATEWAY", "smsc" if SANDBOX else "console")
SMSC_URL = os.environ.get("ABONENT_SMSC_URL", f"{SANDBOX_URL}/sms" if SANDBOX else "https://smsc.ru")
SMSC_LOGIN = os.environ.get("ABONENT_SMSC_LOGIN", "sandbox" if SANDBOX else "")
SMSC_PASSWORD = os.environ.get("ABONENT_SMSC_PASSWORD", "sandbox" if SANDBOX else "")
SMSRU_URL = os.environ.get("ABONENT_SMSRU_URL", "https://sms.ru")
SMSRU_API_ID = os.environ.get("ABONENT_SMSRU_API_ID", "")
# smpp[s]://host:port; the sender is a name agreed with the SMS centre, or a short number
SMPP_URL = os.environ.get("ABONENT_SMPP_URL", "")
SMPP_SYSTEM_ID = os.environ.get("ABONENT_SMPP_SYSTEM_ID", "")
SMPP_PASSWORD = os.environ.get("ABONENT_SMPP_PASSWORD", "")
SMPP_SYSTEM_TYPE = os.environ.get("ABONENT_SMPP_SYSTEM_TYPE", "")
SMS_SENDER = os.environ.get("ABONENT_SMS_SENDER", "")
SMS_PART_PRICE_KOP = int(os.environ.get("ABONENT_SMS_PART_PRICE_KOP", "350"))  # what staff are shown before a mailing
# Who we are to browsers' push services: `abonent` makes it once beside the secret key.
VAPID_PRIVATE_KEY = os.environ.get("ABONENT_VAPID_KEY", "")
# Messages with codes and one-time passwords in a day, of all people together: what a crowd of robots can cost.
CODES_A_DAY = int(os.environ.get("ABONENT_CODES_A_DAY", "500"))
EMAIL_GATEWAY = os.environ.get("ABONENT_EMAIL_GATEWAY", "smtp" if SANDBOX else "console")
EMAIL_HOST = os.environ.get("ABONENT_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("ABONENT_SMTP_PORT", str(PORT + 2) if SANDBOX else "25"))
EMAIL_TIMEOUT = 10
# DKIM by us, where the mail server does not sign: a PEM file with an RSA key, and its name in the DNS.
DKIM_KEY_FILE = os.environ.get("ABONENT_DKIM_KEY_FILE", "")
DKIM_SELECTOR = os.environ.get("ABONENT_DKIM_SELECTOR", "abonent")
DEFAULT_FROM_EMAIL = PROFILE.contacts.support_email
# Where answers to our letters come back: the mail server hands what is for this domain to `abonent mail`.
REPLY_DOMAIN = os.environ.get("ABONENT_REPLY_DOMAIN", PROFILE.contacts.support_email.rpartition("@")[2])
MAIL_DOOR_PORT = int(os.environ.get("ABONENT_MAIL_DOOR_PORT", str(PORT + 4)))

# --- the database -----------------------------------------------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL") or embedded.dsn(HOME, database=f"abonent_{PROFILE.key}")


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or query.pop("password", "")),
        "HOST": unquote(parts.hostname or query.pop("host", "")),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **query,
            # For core.db.prepared_rows: at once, one plan for all parameters. Django's own cursors never prepare.
            "prepare_threshold": 0,
            "options": f"{query.get('options', '')} -c plan_cache_mode=force_generic_plan".strip(),
            # The pool is as wide as the threads that may ask it; a wait of 5 s is answered with 503.
            "pool": {"min_size": 1, "max_size": int(os.environ.get("ABONENT_POOL", "8")), "timeout": 5},
            "application_name": "abonent",
        },
    }


DATABASES = {"default": _database(DATABASE_URL)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# --- the rooms --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "django_htmx",
    "abonent.core",
    "abonent.identity",
    "abonent.addresses",
    "abonent.catalog",
    "abonent.subscribers",
    "abonent.conversations",
    "abonent.notifications",
    "abonent.ledger",
    "abonent.billing",
    "abonent.payments",
    "abonent.network",
    "abonent.onboarding",
    "abonent.support",
    "abonent.flows",
    "abonent.ui",
    "abonent.portal",
    "abonent.backoffice",
    "abonent.api",
    "abonent.demo",
]
MIDDLEWARE = [
    "abonent.ui.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "abonent.ui.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "abonent.ui.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "abonent.urls"
WSGI_APPLICATION = "abonent.wsgi.application"
TEMPLATES = [
    {
        "NAME": "jinja2",
        "BACKEND": "abonent.ui.jinja.Pages",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {"environment": "abonent.ui.jinja.environments"},
    },
    # Third parties' own templates (form widgets, later the look-up tables) speak Django's language.
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}},
]

# --- languages --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [ROOM / "locale"]
USE_I18N = True

# --- signing in -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["abonent.portal.sign_in.ContractNumberBackend"]
PASSWORD_HASHERS = ["abonent.identity.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/cabinet/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # contacts stand with the customer, not with the sign-in
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "abonent.portal.sign_in.Adapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# allauth's own limit lets a stranger lock an owner out by a guessable number: identity/limits.py counts instead.
ACCOUNT_RATE_LIMITS = False  # {} would leave allauth's defaults in force
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "abonent.identity.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False  # http://localhost is known all the same
# Whose word the client's address is: the proxy's when there is one, else the socket's.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0
SESSION_ENGINE = "abonent.identity.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "abonent.ui.errors.csrf_failure"

# --- what the browser is told -----------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W003"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS = [
    "abonent.ui.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
# ui/stylesheet.py builds the one stylesheet here, of our layers and the profile's theme, with its logo beside it.
STATICFILES_DIRS = [HOME / "build"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- log --------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "abonent.core.log.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ABONENT_LOG_LEVEL", "INFO")},
    "loggers": {
        # ui/errors.py tells of an error with its route; Django would name the path, which may hold a secret.
        "django.request": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "psycopg.pool": {"level": "WARNING"},  # it tells of each connection it lends
    },
}
