"""What a payment at a terminal writes in fewer steps."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0006_receipts")]

    operations = [
        # Refuses the whole statement it stands in.
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
        ),
        # Of an account that money has just locked: nothing but notices follows from it. Volatile: it sees what was
        # committed while the statement waited for the lock. What it says no to, flows/crediting.py does the longer way.
        migrations.RunSQL(
            """
            create function payments_require_quiet(asked bigint) returns void language plpgsql volatile as $$
            begin
                perform payments_require((
                    select c.closed_on is null
                           and not exists (
                               select from billing_terms w
                               where w.account_id = a.id and w.withheld_limit_kop is not null
                           )
                           and (
                               exists (select from billing_parkedaccount p where p.account_id = a.id)
                               or not exists (
                                   select from billing_subscription s
                                   where s.account_id = a.id and s.state not in ('active', 'ended')
                               )
                           )
                    from ledger_account a
                    join subscribers_contract c on c.id = a.contract_id
                    where a.id = asked
                ));
            end
            $$
            """,
            "drop function payments_require_quiet(bigint)",
        ),
    ]
