"""A storage over Django's models: every database that Django has will do."""

from __future__ import annotations

import keyfob
from django.db import IntegrityError, transaction

from .models import Counter, Record

_NEVER = 2**63 - 1


class ModelStorage:
    """Each swap is one statement. ``durable=True`` refuses to run inside a transaction of the
    caller's, such as with ``ATOMIC_REQUESTS``: a request that is rolled back would give a guess
    back, or a used code."""

    def load(self, key: bytes, now: int) -> keyfob.Stored | None:
        found = Record.objects.filter(key=key.hex(), expires_at__gt=now).first()
        return found and keyfob.Stored(bytes.fromhex(found.version), found.data)

    def swap(self, key: bytes, expected: bytes | None, record: keyfob.Record | None, now: int) -> bool:
        with transaction.atomic(durable=True):
            if expected is None:
                return record is None or self._create(key, record, now)
            found = Record.objects.filter(
                key=key.hex(), version=expected.hex(), expires_at__gt=now
            )
            if record is None:
                return found.delete()[0] == 1
            return found.update(**_fields(record)) == 1

    def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        with transaction.atomic(durable=True):
            Counter.objects.get_or_create(key=key.hex(), defaults={"total": 0, "expires_at": expires_at})
            counter = Counter.objects.select_for_update().get(key=key.hex())
            counter.total = max(0, (counter.total if counter.expires_at > now else 0) + amount)
            counter.expires_at = expires_at
            counter.save()
            return counter.total

    def _create(self, key: bytes, record: keyfob.Record, now: int) -> bool:
        """In the place of an expired record, or where there is none."""
        lapsed = Record.objects.filter(key=key.hex(), expires_at__lte=now)
        if lapsed.update(**_fields(record)) == 1:
            return True
        try:
            with transaction.atomic():
                Record.objects.create(key=key.hex(), **_fields(record))
        except IntegrityError:
            return False
        return True


def _fields(record: keyfob.Record) -> dict[str, object]:
    expires_at = _NEVER if record.expires_at is None else min(record.expires_at, _NEVER)
    return {"version": record.version.hex(), "data": record.data, "expires_at": expires_at}
