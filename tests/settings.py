"""The program's settings as tests want them: a server of their own, quick hashes, no pool, plain static files."""

import os

from tests import memory

os.environ.setdefault("ABONENT_HOME", str(memory.home()))
os.environ.setdefault("ABONENT_SECRET_KEY", "only-for-tests")
os.environ.setdefault("ABONENT_VAPID_KEY", "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")  # RFC 8291's own example
os.environ.setdefault("ABONENT_SANDBOX", "1")
os.environ.setdefault("ABONENT_PROFILE", "skynet")

from abonent.settings import *  # noqa: F403
from abonent.settings import DATABASES, LOGGING, STATIC_ROOT, STORAGES

DATABASES["default"]["OPTIONS"].pop("pool")  # type: ignore[attr-defined]  # clones come and go; a pool would hold them
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
LOGGING["root"]["level"] = "CRITICAL"  # type: ignore[index]
EMAIL_GATEWAY = SMS_GATEWAY = "console"
DADATA_TOKEN = ""  # only tests of it ask anybody
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
