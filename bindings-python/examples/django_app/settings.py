"""What the example needs of Django, and no more."""

import os
import pathlib
from collections.abc import Callable

import keyfob
from django.core.management.utils import get_random_secret_key

FOLDER = pathlib.Path(os.environ.get("DATA", "."))

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



def kept(name: str, made: Callable[[], str]) -> str:
    """What is made on first start and kept in a file of its own; in production it belongs where the
    application keeps its secrets."""
    path = FOLDER / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(made())
    return path.read_text()


SECRET_KEY = kept("secret-key", get_random_secret_key)
KEYFOB_KEYS = keyfob.Keys.from_json(kept("keys.json", lambda: keyfob.Keys.generate().expose_json()))
KEYFOB_SMTP = {
    "host": os.environ.get("SMTP_HOST", "localhost"),
    "port": int(os.environ.get("SMTP_PORT", "587")),
    "sender": "otp@example.com",
    "security": os.environ.get("SMTP_SECURITY", "starttls"),
}
