"""The staff's list of deferrals finds those that ended lately without looking at all that ever were."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("billing", "0007_agreements")]

    operations = [
        migrations.AddIndex(
            model_name="deferral",
            index=models.Index(fields=["ended_on"], name="billing_deferral_ended"),
        ),
    ]
