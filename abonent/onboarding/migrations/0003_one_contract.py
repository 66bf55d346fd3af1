"""A request has one contract for ever: the database refuses another, whoever writes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0002_pipeline")]

    operations = [
        migrations.RunSQL(
            """
            create function onboarding_refuse_another_contract() returns trigger language plpgsql as $$
            begin
                raise exception 'request % has contract % already', old.id, old.contract_id
                    using errcode = 'integrity_constraint_violation', constraint = 'onboarding_one_contract';
            end $$;
            create trigger one_contract before update of contract_id on onboarding_connectionrequest
                for each row when (old.contract_id is not null and new.contract_id is distinct from old.contract_id)
                execute function onboarding_refuse_another_contract();
            """,
            """
            drop trigger one_contract on onboarding_connectionrequest;
            drop function onboarding_refuse_another_contract();
            """,
        )
    ]
