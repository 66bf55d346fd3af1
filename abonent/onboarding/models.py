"""Requests to be connected, from the first form on."""

from django.db import models

from abonent.addresses.models import Building
from abonent.catalog.models import Offer


class RequestState(models.TextChoices):
    NEW = "new"
    CALLED = "called"  # the manager has spoken with the person; the address is clear
    VISIT_AGREED = "visit"
    CONNECTED = "connected"  # cable and equipment are there
    SIGNED = "signed"  # the contract is signed: from here on the account tells the rest
    REFUSED = "refused"  # by the person, or by us, with a reason
    NO_COVERAGE = "no_coverage"  # the network does not reach the building
    DUPLICATE = "duplicate"


class ConnectionRequest(models.Model):
    """A wish to be connected, as it was typed, and what the directory made of its address."""

    id = models.BigAutoField(primary_key=True)
    token = models.CharField(max_length=43, unique=True)  # of the page that follows it; nobody can guess one
    submit_token = models.CharField(max_length=64, unique=True)  # of the form: a double submit is one request
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.NEW)
    full_name = models.CharField(max_length=160)
    phone = models.CharField(max_length=16)  # "+79161234567"
    address = models.CharField(max_length=240, blank=True)  # as typed; "" in the short form: the manager asks
    building = models.ForeignKey(Building, null=True, on_delete=models.PROTECT, related_name="requests")
    flat = models.CharField(max_length=20, blank=True)
    offer = models.ForeignKey(Offer, null=True, on_delete=models.PROTECT, related_name="+")
    is_company = models.BooleanField(default=False)  # an individual project is asked for
    wish = models.TextField(blank=True)
    consent_text = models.CharField(max_length=80)  # which text of the policy: "privacy:ru:<hash>"
    consented_at = models.DateTimeField()
    client_address = models.GenericIPAddressField(null=True)
    language = models.CharField(max_length=2)
    reason = models.TextField(blank=True)  # why refused, in words for the person
    created_at = models.DateTimeField()
    state_at = models.DateTimeField()  # since when it is in this state

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["refused", "no_coverage"]) | ~models.Q(reason=""),
                name="onboarding_refusal_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_at"], name="onboarding_board"),
            models.Index(fields=["phone", "-id"], name="onboarding_phone"),
        ]


class RequestStep(models.Model):
    """What happened to a request. Append-only by use: a step is never edited."""

    request = models.ForeignKey(ConnectionRequest, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=RequestState.choices)
    actor = models.CharField(max_length=80)  # "visitor", or who of the staff
    note = models.TextField(blank=True)
    at = models.DateTimeField()
