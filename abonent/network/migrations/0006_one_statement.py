"""An interim update and the words of an answer in one statement each."""

from django.db import migrations

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [("network", "0005_search")]

    operations = [migrations.RunSQL(db.read_sql(__file__, "0006_one_statement"), migrations.RunSQL.noop)]
