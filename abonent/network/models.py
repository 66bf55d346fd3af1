"""The network: access servers, who may come in by what, what has come in, what must follow the ledger."""

from django.db import models
from django.db.models.functions import Now

from abonent.network.models_lines import AddressPool as AddressPool
from abonent.network.models_lines import Binding as Binding
from abonent.network.models_lines import Device as Device
from abonent.network.models_lines import DeviceSource as DeviceSource
from abonent.network.models_lines import Login as Login
from abonent.network.models_lines import Sighting as Sighting
from abonent.network.models_lines import StaticAddress as StaticAddress
from abonent.network.models_outages import Outage as Outage
from abonent.network.models_outages import OutageBuilding as OutageBuilding
from abonent.network.models_outages import OutageCredit as OutageCredit
from abonent.network.models_outages import OutageLine as OutageLine
from abonent.network.models_outages import OutageState as OutageState
from abonent.network.models_sessions import AccessSession as AccessSession
from abonent.network.models_sessions import Authorisation as Authorisation
from abonent.network.models_sessions import ClosedSession as ClosedSession
from abonent.network.models_sessions import Usage as Usage
from abonent.network.models_traffic import Allowance as Allowance
from abonent.network.models_traffic import Threshold as Threshold
from abonent.network.models_traffic import TrafficPack as TrafficPack


class NasKind(models.TextChoices):
    MIKROTIK = "mikrotik"
    ACCEL_PPP = "accel_ppp"
    CISCO = "cisco"
    JUNIPER = "juniper"


class Nas(models.Model):
    """An access server. It is known by the address its packets come from."""

    name = models.CharField(max_length=64, unique=True)
    address = models.GenericIPAddressField(unique=True)
    kind = models.CharField(max_length=12, choices=NasKind.choices)
    secret = models.CharField(max_length=128)
    coa_port = models.PositiveIntegerField(default=3799)
    coa_timeout_seconds = models.PositiveSmallIntegerField(default=2)
    coa_tries = models.PositiveSmallIntegerField(default=2)
    swaps_octets = models.BooleanField(default=False)  # counts «input» as what goes to the subscriber
    sends_authenticator = models.BooleanField(default=True)  # Message-Authenticator: then it is required
    interim_seconds = models.PositiveIntegerField(default=300)
    is_on = models.BooleanField(default=True)
    # The schedule's memory for closing what has gone stale: since when it has been heard of without a break.
    heard_at = models.DateTimeField(null=True)
    heard_since_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(interim_seconds__gte=60, interim_seconds__lte=3600), name="network_nas_interim"
            ),
            models.CheckConstraint(
                condition=models.Q(coa_port__gte=1, coa_port__lte=65535), name="network_nas_coa_port"
            ),
            models.CheckConstraint(
                condition=models.Q(coa_tries__gte=1, coa_timeout_seconds__gte=1), name="network_nas_coa_tries"
            ),
        ]


class Rights(models.TextChoices):
    OPEN = "open"
    WALLED = "walled"  # the account, payment and help open, nothing else


class ReplyAttribute(models.Model):
    """What an access server of a kind is told for given rights: the one table for answers and for CoA.

    template: the value, with {down_mbps}, {up_mbps}, {down_kbps}, {up_kbps} and {interim}. Edited by the provider.
    """

    nas_kind = models.CharField(max_length=12, choices=NasKind.choices)
    rights = models.CharField(max_length=6, choices=Rights.choices)
    position = models.PositiveSmallIntegerField()
    attribute = models.CharField(max_length=64)
    op = models.CharField(max_length=2, default=":=")
    template = models.CharField(max_length=200)
    in_coa = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nas_kind", "rights", "position"], name="network_reply_position_once")
        ]


class ChangeState(models.TextChoices):
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"  # the NAS did not answer for long; the reconciler goes on


class AccessChange(models.Model):
    """A live session that must be looked at anew: the outbox to the access servers.

    It says that something has changed, never what: the worker asks the rule at the moment it sends, so a late row or
    a second one changes nothing wrongly.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(AccessSession, on_delete=models.DO_NOTHING, db_constraint=False, related_name="changes")
    line_id = models.BigIntegerField(null=True)
    cause = models.CharField(max_length=40)  # subscription, device, start, twice, drift, staff
    ends_session = models.BooleanField(
        default=False
    )  # Disconnect whatever the rule says: a second sign-in of one login
    state = models.CharField(max_length=6, choices=ChangeState.choices, default=ChangeState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=60, blank=True, default="", db_default="")
    queued_at = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at"], condition=models.Q(state="queued"), name="network_change_due"),
            models.Index(fields=["session"], condition=models.Q(state="queued"), name="network_change_of_session"),
        ]


class Mend(models.Model):
    """A look of the reconciler at all live sessions, and what it found; kept for two weeks."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    sessions = models.PositiveIntegerField()
    drifted = models.PositiveIntegerField()  # had something else than the ledger allows
    stale = models.PositiveIntegerField()  # had fallen silent, and were ended
