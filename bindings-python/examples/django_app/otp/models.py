from django.db import models


class Record(models.Model):
    """A sealed record. Keys and versions are stored in hexadecimal."""

    key = models.CharField(max_length=66, primary_key=True)
    version = models.CharField(max_length=16)
    data = models.BinaryField()
    expires_at = models.BigIntegerField(db_index=True)


class Counter(models.Model):
    """A counter with an end."""

    key = models.CharField(max_length=66, primary_key=True)
    total = models.BigIntegerField()
    expires_at = models.BigIntegerField(db_index=True)


class Setting(models.Model):
    """What the application remembers of itself: the id of its domain."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=40)
