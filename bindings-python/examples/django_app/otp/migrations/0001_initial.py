from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                ("key", models.CharField(max_length=66, primary_key=True, serialize=False)),
                ("version", models.CharField(max_length=16)),
                ("data", models.BinaryField()),
                ("expires_at", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("key", models.CharField(max_length=66, primary_key=True, serialize=False)),
                ("total", models.BigIntegerField()),
                ("expires_at", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Setting",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("value", models.CharField(max_length=40)),
            ],
        ),
    ]
