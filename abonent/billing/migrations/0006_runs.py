"""Runs that stop and go on: why, who let them, and what each chunk was planned to take."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("billing", "0005_policies")]

    operations = [
        migrations.AddField("chargechunk", "plan_kop", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("chargerun", "is_measure", models.BooleanField(db_default=True, default=True)),
        migrations.AddField("chargerun", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("chargerun", "stop_reason", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField(
            "chargerun", "continued_by", models.CharField(blank=True, db_default="", default="", max_length=150)
        ),
        migrations.AddField("chargerun", "continued_why", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("chargerun", "continued_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "chargerun",
            models.CheckConstraint(
                condition=~models.Q(state="stopped") | ~models.Q(stop_reason=""),
                name="billing_run_stopped_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            "chargerun",
            models.CheckConstraint(
                condition=models.Q(continued_at__isnull=True, continued_by="", continued_why="")
                | models.Q(continued_at__isnull=False) & ~models.Q(continued_by="") & ~models.Q(continued_why=""),
                name="billing_run_continued_by_somebody",
            ),
        ),
    ]
