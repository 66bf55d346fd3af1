"""Requests to be connected, from the first form on."""

from django.conf import settings
from django.db import models

from abonent.addresses.models import Building
from abonent.catalog.models import Offer
from abonent.onboarding.models_papers import ContractPaper as ContractPaper
from abonent.onboarding.models_papers import PersonDocument as PersonDocument
from abonent.onboarding.models_visits import Equipment as Equipment
from abonent.onboarding.models_visits import Visit as Visit
from abonent.onboarding.models_visits import VisitPhoto as VisitPhoto
from abonent.subscribers.models import Contract


class RequestState(models.TextChoices):
    NEW = "new"
    CALLED = "called"  # the manager has spoken with the person
    ADDRESS = "address"  # the address is clear: a building of the directory, and the flat
    VISIT_AGREED = "visit"
    CONNECTED = "connected"  # cable and equipment are there
    SIGNED = "signed"  # the contract is signed; the money is waited for
    PAID = "paid"  # the first top-up has come
    ONLINE = "online"  # the access is open: the end of the way
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
    entrance = models.CharField(max_length=20, blank=True, db_default="")
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
    version = models.PositiveIntegerField(default=0, db_default=0)  # grows with each change: a stale form is refused
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    next_call_on = models.DateField(null=True)  # the operator's date
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    contract = models.OneToOneField(Contract, null=True, on_delete=models.PROTECT, related_name="request")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["refused", "no_coverage"]) | ~models.Q(reason=""),
                name="onboarding_refusal_has_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["address", "visit", "connected"]) | models.Q(building__isnull=False),
                name="onboarding_clear_address_has_building",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["signed", "paid", "online"]) | models.Q(contract__isnull=False),
                name="onboarding_signed_has_contract",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "state_at"], name="onboarding_board"),
            models.Index(fields=["phone", "-id"], name="onboarding_phone"),
        ]


class StepKind(models.TextChoices):
    MOVED = "moved"  # to another state
    TAKEN = "taken"  # by one of the staff, or handed over to one
    CALL = "call"
    EDITED = "edited"  # the address, the tariff
    VISIT = "visit"  # agreed, moved to another time, called off, done


class CallOutcome(models.TextChoices):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    CALL_LATER = "call_later"  # he asked for another time
    WRONG_NUMBER = "wrong_number"


class RequestStep(models.Model):
    """What happened to a request. Append-only by use: a step is never edited."""

    request = models.ForeignKey(ConnectionRequest, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=8, choices=StepKind.choices, default="moved", db_default="moved")
    state = models.CharField(max_length=12, choices=RequestState.choices)  # after it
    outcome = models.CharField(max_length=12, choices=CallOutcome.choices, blank=True, db_default="")  # of a call
    next_call_on = models.DateField(null=True)  # what was promised in a call
    actor = models.CharField(max_length=80)  # "visitor", or who of the staff
    note = models.TextField(blank=True)
    at = models.DateTimeField()
