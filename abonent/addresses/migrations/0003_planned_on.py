"""By when a planned building is reached; buildings that the staff keep at their pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("addresses", "0002_search")]

    operations = [
        migrations.AddField("building", "planned_on", models.DateField(null=True)),
        migrations.AddField("building", "kept_here", models.BooleanField(db_default=False, default=False)),
        migrations.AddConstraint(
            "building",
            models.CheckConstraint(
                condition=models.Q(("planned_on__isnull", True), ("connected", "planned"), _connector="OR"),
                name="addresses_planned_on",
            ),
        ),
    ]
