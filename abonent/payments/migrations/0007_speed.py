"""What a payment at a terminal writes in fewer steps."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0006_receipts")]

    operations = [
        # Stops the statements that were sent along with it (core/db.py: run_together).
        migrations.RunSQL(
            """
            create function payments_require(holds boolean) returns void language plpgsql as $$
            begin
                if holds is not true then
                    raise exception 'the payment wants more than the usual steps' using errcode = 'ABPAY';
                end if;
            end
            $$
            """,
            "drop function payments_require(boolean)",
        )
    ]
