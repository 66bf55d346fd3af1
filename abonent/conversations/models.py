"""Everything that is said between the operator and a person: chats, letters, requests, notices."""

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    CHAT = "chat"
    REQUEST = "request"  # asked on the support page
    MAIL = "mail"  # a letter to a department, from «Почта» or by e-mail
    NOTICE = "notice"  # the company's own word: one message, its answer is another conversation


class Topic(models.TextChoices):
    GENERAL = "general"
    CONNECTION = "connection"
    FINANCE = "finance"
    TECHNICAL = "technical"


class Folder(models.TextChoices):
    TALKS = "talks"
    MONEY = "money"
    SERVICE = "service"
    DOCUMENTS = "documents"


class State(models.TextChoices):
    WAITING = "waiting"  # nobody has taken it
    OPEN = "open"  # its owner talks
    CLOSED = "closed"


class Conversation(models.Model):
    """One thread, whichever door its messages come through. Written by talks.py and inbox.py."""

    id = models.BigAutoField(primary_key=True)
    token = models.CharField(max_length=43, unique=True)  # 256 bits: a guest's only key to it
    client_id = models.CharField(max_length=120, unique=True)  # of the form that opened it, or the notice's key
    kind = models.CharField(max_length=8, choices=Kind.choices)
    folder = models.CharField(max_length=10, choices=Folder.choices, default=Folder.TALKS)
    topic = models.CharField(max_length=10, choices=Topic.choices, blank=True)
    department = models.CharField(max_length=40, blank=True)  # its key in the profile
    subject = models.CharField(max_length=200, blank=True)
    about = models.CharField(max_length=200, blank=True)  # what it was asked beside: "Charge of 1 November, 650,00"
    state = models.CharField(max_length=8, choices=State.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey("subscribers.Contract", null=True, on_delete=models.PROTECT, related_name="+")
    guest_name = models.CharField(max_length=80, blank=True)
    guest_contact = models.CharField(max_length=254, blank=True)  # "+79161234567", a mail address, or nothing
    consent = models.CharField(max_length=60, blank=True)  # of a guest: which words, by their hash
    language = models.CharField(max_length=2, default="ru")
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    waiting_since = models.DateTimeField(null=True)  # the first of the visitor's messages not answered yet
    answer_by = models.DateTimeField(null=True)  # what was promised for that
    first_answer_by = models.DateTimeField(null=True)  # what was promised at the beginning; never changes
    place_at_start = models.PositiveIntegerField(default=0)  # in the queue; 0: was not in one
    taken_at = models.DateTimeField(null=True)  # the first time
    answered_at = models.DateTimeField(null=True)  # the first time
    closed_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)  # by the subscriber
    visitor_seen_at = models.DateTimeField(null=True)  # his page was open and looked at
    mark = models.PositiveSmallIntegerField(null=True)  # 1 to 5
    # All of one sequence, its notes included. `to_visitor`: the last he may read and did not write himself.
    last_sequence = models.PositiveIntegerField(default=0)
    to_visitor_sequence = models.PositiveIntegerField(default=0)
    read_by_visitor = models.PositiveIntegerField(default=0)
    read_by_staff = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mark__isnull=True) | models.Q(mark__range=(1, 5)), name="conversations_mark"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="open") | models.Q(owner__isnull=False), name="conversations_open_has_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(read_by_visitor__lte=models.F("last_sequence"))
                & models.Q(read_by_staff__lte=models.F("last_sequence")),
                name="conversations_read_what_is",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "-last_at"], name="conversations_contract"),
            models.Index(
                fields=["contract"],
                name="conversations_unread",
                condition=models.Q(to_visitor_sequence__gt=models.F("read_by_visitor"), archived_at__isnull=True),
            ),
            models.Index(
                fields=["waiting_since"], name="conversations_queue", condition=models.Q(waiting_since__isnull=False)
            ),
            models.Index(fields=["owner", "-last_at"], name="conversations_owner"),
            models.Index(fields=["-last_at"], name="conversations_last"),
        ]


class Author(models.TextChoices):
    VISITOR = "visitor"
    STAFF = "staff"
    COMPANY = "company"  # a notice
    SYSTEM = "system"  # what became of the conversation: `text` is its code


class Message(models.Model):
    """One message: numbered without gaps, and once by the sender's own id."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    sequence = models.PositiveIntegerField()
    client_id = models.CharField(max_length=255)  # a page's, a letter's Message-ID, a notice's key
    author = models.CharField(max_length=8, choices=Author.choices)
    author_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=80, blank=True)  # as it was shown then
    text = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)  # a page of ours: "/cabinet/documents/17/"
    is_note = models.BooleanField(default=False)  # for staff only
    unverified = models.BooleanField(default=False)  # came by e-mail, and nothing proves from whom
    by_email = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sequence"], name="conversations_message_number"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="conversations_message_once"),
            models.CheckConstraint(condition=models.Q(sequence__gt=0), name="conversations_message_counts"),
            models.CheckConstraint(
                condition=models.Q(is_note=False) | models.Q(author="staff"), name="conversations_note_is_staffs"
            ),
        ]


class Blob(models.Model):
    """A file's bytes, once by what they are."""

    digest = models.BinaryField(max_length=32, primary_key=True)  # sha-256
    content = models.BinaryField()


class Attachment(models.Model):
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    size_octets = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)  # of a picture
    height = models.PositiveIntegerField(default=0)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "place"], name="conversations_attachment_place")]
