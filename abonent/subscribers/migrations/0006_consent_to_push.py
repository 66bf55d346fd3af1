"""Offers by push need a consent of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0005_consents'),
    ]

    operations = [
        migrations.AlterField(
            model_name='personalconsent',
            name='purpose',
            field=models.CharField(choices=[('marketing_sms', 'Marketing Sms'), ('marketing_email', 'Marketing Email'), ('marketing_push', 'Marketing Push'), ('marketing_calls', 'Marketing Calls')], max_length=24),
        ),
    ]
