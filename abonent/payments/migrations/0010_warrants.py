"""What waits for a second yes; and expense orders of mistakes and of what is left after a contract's end."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from abonent.core import db

_NOT_OUT = {"refund__isnull": True, "reversal__isnull": True, "payout__isnull": True}
_OUT_OF_A_DRAWER = models.CheckConstraint(
    condition=Q(kind="in") | Q(shift__isnull=False), name="payments_cashorder_out_of_a_drawer"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_deferrals_ended"), ("payments", "0009_moved_in")]

    operations = [
        migrations.CreateModel(
            name="Warrant",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("verb", models.CharField(choices=[("refund", "Refund"), ("correct", "Correct"), ("deferral", "Deferral"), ("pay_out", "Pay Out"), ("write_off", "Write Off")], max_length=12)),
                ("params", models.JSONField(default=dict)),
                ("amount_kop", models.BigIntegerField()),
                ("seen", models.JSONField()),
                ("why", models.TextField()),
                ("token", models.CharField(max_length=64, unique=True)),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("state", models.CharField(choices=[("waiting", "Waiting"), ("done", "Done"), ("declined", "Declined"), ("withdrawn", "Withdrawn"), ("stale", "Stale"), ("expired", "Expired")], default="waiting", max_length=10)),
                ("decided_by", models.CharField(blank=True, max_length=150)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_why", models.TextField(blank=True)),
                ("account", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="ledger.account")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["id"], name="payments_warrant_waiting", condition=Q(state="waiting")),
                    models.Index(fields=["asked_by", "-id"], name="payments_warrant_asker"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(amount_kop__gt=0), name="payments_warrant_amount_positive"),
                    models.CheckConstraint(condition=~Q(why=""), name="payments_warrant_says_why"),
                    models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="payments_warrant_expires_later"),
                    models.CheckConstraint(
                        condition=Q(state="waiting", decided_at__isnull=True, decided_by="")
                        | Q(state__in=["done", "declined"], decided_at__isnull=False)
                        & ~Q(decided_by="")
                        & ~Q(decided_by=F("asked_by"))
                        | Q(state="withdrawn", decided_at__isnull=False, decided_by=F("asked_by"))
                        | Q(state__in=["stale", "expired"], decided_at__isnull=False),
                        name="payments_warrant_by_another",
                    ),
                    models.CheckConstraint(condition=~Q(state="declined") | ~Q(decided_why=""), name="payments_warrant_declined_with_a_reason"),
                    models.UniqueConstraint(fields=["account", "verb"], condition=Q(state="waiting"), name="payments_warrant_one_waits"),
                ],
            },
        ),
        migrations.AddField("cashorder", "reversal", models.OneToOneField(null=True, db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="cash_order", to="payments.reversal")),
        migrations.AddField("cashorder", "payout", models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cash_order", to="billing.payout")),
        migrations.RemoveConstraint("cashorder", "payments_cashorder_names_its_cause"),
        migrations.AddConstraint(
            "cashorder",
            models.CheckConstraint(
                condition=Q(kind="in", payment__isnull=False, **_NOT_OUT)
                | Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "refund__isnull": False})
                | Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "reversal__isnull": False})
                | Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "payout__isnull": False}),
                name="payments_cashorder_names_its_cause",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(db.read_sql(__file__, "0010_warrants"), migrations.RunSQL.noop),
            ],
            state_operations=[migrations.AddConstraint("cashorder", _OUT_OF_A_DRAWER)],
        ),
    ]
