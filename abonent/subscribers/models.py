"""Who buys: customers, their contacts, contracts and lines."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from abonent.addresses.models import Premises, Segment
from abonent.subscribers.models_personal import PersonalConsent as PersonalConsent
from abonent.subscribers.models_personal import Petition as Petition
from abonent.subscribers.models_search import NameWord as NameWord


class CustomerKind(models.TextChoices):
    PERSON = "person"
    LEGAL_ENTITY = "legal"


class Customer(models.Model):
    """A person or a legal entity. One customer may hold several contracts; one sign-in opens them all."""

    kind = models.CharField(max_length=8, choices=CustomerKind.choices)
    full_name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200)  # lower case, ё→е: names sort by it
    given_name = models.CharField(max_length=80, blank=True)  # how the page greets; empty for a legal entity
    inn = models.CharField(max_length=12, blank=True)
    kpp = models.CharField(max_length=9, blank=True)
    # A legal entity's, as in the register.
    registered_address = models.CharField(max_length=300, blank=True, default="", db_default="")
    language = models.CharField(max_length=8, default="ru")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="customer")
    created_at = models.DateTimeField(db_default=Now())
    # When his contacts, and then his name, were forgotten at the law's terms (forgetting.py).
    contacts_forgotten_on = models.DateField(null=True)
    forgotten_on = models.DateField(null=True)


class ContactKind(models.TextChoices):
    PHONE = "phone"  # +79161234567
    EMAIL = "email"


class Contact(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=8, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "value"], name="subscribers_contact_once"),
            models.CheckConstraint(
                condition=~models.Q(kind=ContactKind.PHONE) | models.Q(value__regex=r"^\+7[0-9]{10}$"),
                name="subscribers_contact_phone",
            ),
        ]
        indexes = [models.Index(fields=["value"], name="subscribers_contact_value")]


class Contract(models.Model):
    """What a customer signed; its number signs in."""

    number = models.CharField(max_length=32, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contracts")
    signed_on = models.DateField()
    ended_on = models.DateField(null=True)  # the first date without service
    closed_on = models.DateField(null=True)  # its account is at zero and opens no more


class Line(models.Model):
    """Where a contract's service enters: premises and segment."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="lines")
    premises = models.ForeignKey(Premises, null=True, on_delete=models.PROTECT)
    segment = models.CharField(max_length=16, choices=Segment.choices)
