"""A session of our own name that had gone stale is opened again however long it was silent."""

from django.db import migrations

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [("network", "0001_initial")]

    operations = [migrations.RunSQL(db.read_sql(__file__, "0001_accounting"), migrations.RunSQL.noop)]
