"""Answers and interim updates with fewer steps."""

from django.db import migrations

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [("network", "0003_used_up_and_outages")]

    operations = [migrations.RunSQL(db.read_sql(__file__, "0004_faster"), migrations.RunSQL.noop)]
