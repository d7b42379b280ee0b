"""What the example needs of Django, and no more."""

import contextlib
import os
import pathlib
import tempfile
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
    """What is made on first start and kept in a file that only its owner may read; in production it belongs
    where the application keeps its secrets. The file is there when it is whole; of workers that start
    at once, all have what the first put there."""
    path = FOLDER / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=FOLDER, prefix=name) as file:
            file.write(made())
            file.flush()
            os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()


SECRET_KEY = kept("secret-key", get_random_secret_key)
KEYFOB_KEYS = keyfob.Keys.from_json(kept("keys.json", lambda: keyfob.Keys.generate().expose_json()))
KEYFOB_SMTP = {
    "host": os.environ.get("SMTP_HOST", "localhost"),
    "port": int(os.environ.get("SMTP_PORT", "587")),
    "sender": "otp@example.com",
    "security": os.environ.get("SMTP_SECURITY", "starttls"),
}
