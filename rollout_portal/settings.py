"""Every setting of the portal. The environment is read in this file and nowhere else.

Development defaults are safe on a bare machine; secrets have no default outside of it: `make run`
writes them to var/env with mode 0600, and a deployment without them does not start.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).absolute()
environ.Env.read_env(env.str("ENV_FILE", default=str(VAR_DIR / "env")), overwrite=False)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Run `make run`, which writes one to var/env, "
        "or set SECRET_KEY in the environment (see .env.example)."
    )
# Links in mails have keys of their own: the first signs, all verify, so a key can be rotated.
LINK_SIGNING_KEYS = env.list("LINK_SIGNING_KEYS", default=[])
if not LINK_SIGNING_KEYS:
    raise ImproperlyConfigured(
        "LINK_SIGNING_KEYS is not set. Give one or more comma-separated secrets; the first one signs."
    )

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where `make run` listens. A server behind a proxy listens on BIND_ADDRESS as well.
PORT = env.int("PORT", default=8000)
BIND_ADDRESS = env.str("BIND_ADDRESS", default="127.0.0.1")
# The address that mails and API answers name; it must be reachable for the people who get them.
BASE_URL = env.str("BASE_URL", default=f"http://localhost:{PORT}").rstrip("/")
# How many processes and threads `manage.py run_stack` starts; a check compares them with PostgreSQL.
WEB_WORKERS = env.int("WEB_WORKERS", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=4)
WEB_BACKPRESSURE = env.int("WEB_BACKPRESSURE", default=32)
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)
USE_HTTPS = env.bool("USE_HTTPS", default=not DEBUG)

# One business clock for all processes of a demo or a test; refused by a system check in production.
CLOCK_FILE = env.str("CLOCK_FILE", default="")

INSTALLED_APPS = [
    # Not the theme's default configuration: that one puts its own admin site in place of ours.
    "unfold.apps.BasicAppConfig",
    "rollout_portal.console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "csp",
    # Rooms, from the ground up. Imports point downwards only (tests/test_architecture.py).
    "rollout_portal.accounts",
    "rollout_portal.jobs",
    "rollout_portal.audit",
    "rollout_portal.outbox",
    "phases",
    "cohorts",
    "comms",
    "flags",
    "monitoring",
    "feedback",
    "rollout_portal.console",
]

MIDDLEWARE = [
    "rollout_portal.lib.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "rollout_portal.lib.middleware.PlainAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rollout_portal.lib.middleware.DatabaseAwayMiddleware",
    "rollout_portal.lib.middleware.PrivatePagesMiddleware",
]

ROOT_URLCONF = "rollout_portal.urls"
WSGI_APPLICATION = "rollout_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database: PostgreSQL by DATABASE_URL, SQLite in var/ as the embedded default -----------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database.setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        # Recursive triggers: a row that INSERT OR REPLACE pushes out meets the trigger against DELETE.
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
    )
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
    # The statement timeout is for web requests only: PROCESS_ROLE is set by the supervisor.
    _timeouts = {"lock_timeout": "3s", "idle_in_transaction_session_timeout": "30s"}
    if env.str("PROCESS_ROLE", default="") == "web":
        _timeouts["statement_timeout"] = "5s"
    _database["OPTIONS"].setdefault(
        "options", " ".join(f"-c {name}={value}" for name, value in _timeouts.items())
    )

# --- People: login, sessions, second factor --------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "rollout_portal.outbox.accounts.OutboxAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Rollout Portal"
# Signing asks who you are again when the last proof is older than this.
REAUTHENTICATION_MAX_AGE = 300

# Sessions and login limits live in the database, so they hold over all web processes.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
    }
}

# --- The queue carries wake-ups only ---------------------------------------------------------------
# Without a broker the sweeper does all due work; `manage.py run_stack` starts one of its own if it can.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30, "socket_connect_timeout": 5}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat" / "schedule")
CELERY_TIMEZONE = "UTC"

# --- Mail: without EMAIL_URL every message becomes a file in var/outbox/ ---------------------------
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "rollout_portal.outbox.backends.EmlFileBackend"
# Channels of the outbox name one of these entries (EMAIL_URL, EMAIL_URL_BULK, …); tables hold no secret.
MAIL_SERVERS = {
    name: env.email_url(name)
    for name, value in env.ENVIRON.items()
    if value and (name == "EMAIL_URL" or name.startswith("EMAIL_URL_"))
}
EMAIL_FILE_PATH = str(VAR_DIR / "outbox")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Rollout Portal <portal@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Before the theme: the build of Alpine that evaluates no code takes the place of the theme's own.
STATICFILES_DIRS = [BASE_DIR / "rollout_portal" / "console" / "vendor"]
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default=str(VAR_DIR / "audit-anchor.jsonl"))

# --- Words and times -------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ms", _("Malay")), ("zh-hans", _("Chinese")), ("ta", _("Tamil"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Browser security ------------------------------------------------------------------------------
# The console's theme needs inline styles; scripts come from our own files only. Tester pages replace
# style-src by 'self' (cohorts/visits.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = USE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if USE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = USE_HTTPS
SECURE_HSTS_PRELOAD = USE_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# Trust the proxy's scheme header only where the operator says that a proxy sets it.
if env.bool("TRUST_PROXY_SCHEME", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USE_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_NAME = "__Host-session" if USE_HTTPS else "portal_session"
CSRF_COOKIE_NAME = "__Host-csrf" if USE_HTTPS else "portal_csrf"

# Forms are drawn by our own pack, templates/portal/: no framework's stylesheet or script is shipped.
CRISPY_ALLOWED_TEMPLATE_PACKS = "portal"
CRISPY_TEMPLATE_PACK = "portal"

# --- The console's theme; the callables live in rollout_portal/console/navigation.py ---------------
UNFOLD = {
    "SITE_TITLE": "Rollout Portal",
    "SITE_HEADER": "Rollout Portal",
    "SITE_URL": "/console/",
    "SITE_SYMBOL": "stairs",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "COLORS": {
        "primary": {
            "50": "oklch(97% .015 262)",
            "100": "oklch(93% .035 262)",
            "200": "oklch(87% .065 262)",
            "300": "oklch(80% .1 262)",
            "400": "oklch(69% .14 262)",
            "500": "oklch(58% .17 262)",
            "600": "oklch(50% .18 262)",
            "700": "oklch(43% .17 262)",
            "800": "oklch(37% .14 262)",
            "900": "oklch(32% .11 262)",
            "950": "oklch(24% .08 262)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "rollout_portal.console.navigation.sidebar",
    },
    "SITE_DROPDOWN": "rollout_portal.console.navigation.rollout_switcher",
    "COMMAND": {"search_models": False, "search_callback": "rollout_portal.console.navigation.palette"},
}

# --- Logs: one JSON object a line, with the request's id and without personal data -----------------
LOG_FORMAT = env.str("LOG_FORMAT", default="console" if DEBUG else "json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "rollout_portal.lib.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}
