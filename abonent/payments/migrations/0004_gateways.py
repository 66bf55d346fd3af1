"""What terminals and agents ask."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("payments", "0003_cards"), ("core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="GatewayAsk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("yookassa", "Yookassa"),
                            ("cash", "Cash"),
                            ("osmp", "Osmp"),
                            ("sber", "Sber"),
                            ("bank", "Bank"),
                        ],
                        max_length=12,
                    ),
                ),
                ("command", models.CharField(max_length=8)),
                ("external_id", models.CharField(blank=True, max_length=64)),
                ("account", models.CharField(blank=True, max_length=64)),
                ("asked", models.TextField()),
                ("answer", models.TextField()),
                ("result", models.SmallIntegerField()),
                ("payment_id", models.BigIntegerField(null=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel", "external_id"], name="payments_ask_external"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["asked_at"], name="payments_ask_at"),
                ],
            },
        ),
        # What went over the wire stands as it went; the old rows leave by themselves (payments/gateway_asks.py).
        migrations.RunSQL(
            """
            create trigger refuse_change before update on payments_gatewayask
                for each row execute function core.refuse_change()
            """,
            migrations.RunSQL.noop,
        ),
    ]
