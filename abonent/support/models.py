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
    department = models.CharField(max_length=40, blank=True, default="", db_default="")  # its key; "": any
    title_ru = models.CharField(max_length=80)
    title_en = models.CharField(max_length=80)
    text_ru = models.TextField()
    text_en = models.TextField()
    place = models.PositiveSmallIntegerField(default=0)


class DepartmentWork(models.Model):
    """What the staff have set of a department beside the profile. No row: it is as the profile says. Of desks.py."""

    key = models.SlugField(max_length=40, primary_key=True)
    topics = ArrayField(models.CharField(max_length=10), default=list)
    open = models.JSONField(default=list)  # [{"days": ["mon"], "from": "09:00", "to": "18:00"}]
    hours_ru = models.CharField(max_length=120, blank=True)  # the same in words, for the site
    hours_en = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    chat_minutes = models.PositiveSmallIntegerField()
    letter_hours = models.PositiveSmallIntegerField()
