from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            insert into ledger_account (id, kind, code) values
                (203, 'clearing', 'clearing:osmp'),
                (204, 'clearing', 'clearing:sber'),
                (205, 'clearing', 'clearing:bank')
            """,
            migrations.RunSQL.noop,
        ),
    ]
