"""A phone is stored in one way only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0003_registered_address")]

    operations = [
        migrations.AddConstraint(
            "contact",
            models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "phone"), _negated=True), ("value__regex", "^\\+7[0-9]{10}$"), _connector="OR"),
                name="subscribers_contact_phone",
            ),
        ),
    ]
