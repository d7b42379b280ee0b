"""What the example needs of Django, and no more."""

import os
import pathlib

FOLDER = pathlib.Path(os.environ.get("DATA", "."))

SECRET_KEY = os.environ.get("SECRET_KEY", "for the example only")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["otp"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "django.db",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}

# 32 random bytes each, from where the application keeps its secrets.
KEYFOB_ROOT = bytes.fromhex(os.environ.get("KEYFOB_ROOT", "01" * 32))
KEYFOB_SEALING = {1: bytes.fromhex(os.environ.get("KEYFOB_SEALING", "02" * 32))}
KEYFOB_SMTP = {
    "host": os.environ.get("SMTP_HOST", "localhost"),
    "port": int(os.environ.get("SMTP_PORT", "587")),
    "sender": "otp@example.com",
    "security": os.environ.get("SMTP_SECURITY", "starttls"),
}
