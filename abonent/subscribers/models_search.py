"""What people are found by. Written by a trigger, read by finding.py."""

from django.db import models


class NameWord(models.Model):
    """A word of any customer's name: few, so that a mistyped one is compared with each."""

    word = models.CharField(max_length=200, primary_key=True)
