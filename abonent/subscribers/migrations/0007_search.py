"""People are found by the words of their names, by a phone, by a premises."""

from django.db import migrations, models

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0006_consent_to_push")]

    operations = [
        migrations.CreateModel(
            name="NameWord",
            fields=[("word", models.CharField(max_length=200, primary_key=True, serialize=False))],
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["value"], name="subscribers_contact_value"),
        ),
        migrations.RunSQL(
            db.read_sql(__file__, "0007_search"),
            """
            drop trigger note_words on subscribers_customer;
            drop trigger note_words_of_change on subscribers_customer;
            drop function subscribers_note_words();
            drop index subscribers_customer_words;
            drop function subscribers_words(text);
            """,
        ),
    ]
