"""The portal's settings for the suite: the same file, told by the environment what a test needs.

The database is SQLite in var/test unless TEST_DATABASE_URL names a PostgreSQL server. Processes that a
test starts (worker, sweeper, web) get DJANGO_SETTINGS_MODULE=tests.settings and live by the same rules.
"""

import hashlib
import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_VAR = Path(os.environ.get("PORTAL_TEST_VAR", str(_ROOT / "var" / "test")))
_VAR.mkdir(mode=0o700, parents=True, exist_ok=True)

# A developer's own var/env and environment stay out of the suite.
os.environ.update(
    ENV_FILE=str(_VAR / "no-env-file"),
    VAR_DIR=str(_VAR),
    SECRET_KEY="only for tests: a long enough sentence that signs nothing of worth",
    LINK_SIGNING_KEYS="only-for-tests-new,only-for-tests-old",
    USE_HTTPS="off",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_VAR / 'portal.sqlite3'}",
)
for _name in ("BASE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "CLOCK_FILE", "LOG_FORMAT", "CELERY_BROKER_URL"):
    os.environ[_name] = os.environ.get(f"TEST_{_name}", "")
    if not os.environ[_name]:
        del os.environ[_name]

from rollout_portal.settings import *  # noqa: E402, F403 - the environment above comes first
from rollout_portal.settings import DATABASES  # noqa: E402

# Every clone of the repository has a test database of its own on a shared server.
if DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {
        "NAME": "test_portal_" + hashlib.sha256(str(_ROOT).encode()).hexdigest()[:8]
    }

# Argon2 is slow on purpose; no test is about its strength.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Without collectstatic there is no manifest; the browser tests run the real one.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
