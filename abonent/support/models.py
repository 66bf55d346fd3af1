"""Who answers: operators and their states, and the answers they have ready."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class OperatorState(models.TextChoices):
    ON = "on"  # takes chats
    AWAY = "away"  # talks his chats to their end, takes no new ones
    OFF = "off"


class Operator(models.Model):
    """One of the staff at the desk. Written by operators.py."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="+")
    shown_name = models.CharField(max_length=80)  # as visitors see it
    topics = ArrayField(models.CharField(max_length=10), default=list)  # whose queue comes first; none: all alike
    state = models.CharField(max_length=4, choices=OperatorState.choices, default=OperatorState.OFF)
    seen_at = models.DateTimeField()  # his desk was open


class Answer(models.Model):
    """A prepared answer; `{name}`, `{balance}` and the like of answers.py are filled in."""

    key = models.SlugField(unique=True)
    topic = models.CharField(max_length=10, blank=True)  # "": any
    title_ru = models.CharField(max_length=80)
    title_en = models.CharField(max_length=80)
    text_ru = models.TextField()
    text_en = models.TextField()
    place = models.PositiveSmallIntegerField(default=0)
