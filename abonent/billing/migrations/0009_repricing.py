"""Versions of an offer that move those who have it, told in time."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

_VIEW = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_deferrals_ended"), ("catalog", "0004_kept_here")]

    operations = [
        migrations.CreateModel(
            name="Repricing",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="repricing",
                        serialize=False,
                        to="catalog.offerversion",
                    ),
                ),
                ("notice_days", models.PositiveSmallIntegerField()),
                ("subscriptions", models.PositiveIntegerField()),
                ("accounts", models.PositiveIntegerField()),
                ("month_kop", models.BigIntegerField()),
                ("announced_on", models.DateField()),
                ("told_through", models.BigIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("called_off_through", models.BigIntegerField(default=0)),
                ("called_off_at", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("moved_at", None), ("withdrawn_at", None)),
                        fields=["version"],
                        name="billing_repricing_open",
                    )
                ],
            },
        ),
        migrations.RunSQL(_VIEW, "drop view billing_repriceable"),
    ]
