"""Answers and interim updates with fewer steps."""

from django.db import migrations

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [("network", "0002_accounting")]

    operations = [
        migrations.RunSQL(db.read_sql(__file__, "0001_accounting"), migrations.RunSQL.noop),
        migrations.RunSQL(db.read_sql(__file__, "0003_faster"), migrations.RunSQL.noop),
    ]
