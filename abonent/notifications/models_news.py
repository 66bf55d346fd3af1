"""The operator's news. Rows of `notifications`."""

from django.db import models


class NewsAudience(models.TextChoices):
    ALL = "all"  # everybody, strangers on the site too
    SEGMENT = "segment"  # who has a line there
    BUILDING = "building"


class News(models.Model):
    """One piece of news: shown from a date until another to those it is for, once it is published."""

    id = models.BigAutoField(primary_key=True)
    title_ru = models.CharField(max_length=120)
    body_ru = models.TextField()  # markdown; HTML in it stays text
    title_en = models.CharField(max_length=120, blank=True)
    body_en = models.TextField(blank=True)  # nothing: in Russian to everybody
    audience = models.CharField(max_length=8, choices=NewsAudience.choices, default=NewsAudience.ALL)
    audience_value = models.CharField(max_length=20, blank=True)  # a segment, a building's id
    from_on = models.DateField()
    until_on = models.DateField(null=True)  # the first day without it; null: it stays
    is_published = models.BooleanField(default=False)
    picture = models.BinaryField(null=True)  # drawn anew, without what the camera knew
    picture_type = models.CharField(max_length=20, blank=True)
    picture_width = models.PositiveIntegerField(default=0)
    picture_height = models.PositiveIntegerField(default=0)
    picture_says = models.CharField(max_length=200, blank=True)  # for those who cannot see it
    made_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True) | models.Q(until_on__gt=models.F("from_on")),
                name="notifications_news_dates",
            ),
            models.CheckConstraint(
                condition=models.Q(audience="all", audience_value="")
                | (~models.Q(audience="all") & ~models.Q(audience_value="")),
                name="notifications_news_audience",
            ),
        ]
        indexes = [
            models.Index(fields=["-from_on"], name="notifications_news_shown", condition=models.Q(is_published=True))
        ]
