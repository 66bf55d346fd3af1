"""What lets a line in: PPPoE logins, ports, devices, static addresses."""

from django.db import models
from django.db.models.functions import Now

from abonent.network.columns import CidrField, MacField
from abonent.subscribers.models import Line


class Login(models.Model):
    """A line's PPPoE login, and its network password: in the clear, for CHAP wants it so; never the account's own."""

    line = models.OneToOneField(Line, on_delete=models.PROTECT, related_name="login")
    name = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(name__regex=r"^[a-z0-9._@-]+$"), name="network_login_lower_case")
        ]


class Binding(models.Model):
    """The port of a line, as Option 82 tells it: «0x» and lower-case hex, the form FreeRADIUS prints."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="bindings")
    nas = models.ForeignKey("network.Nas", null=True, on_delete=models.PROTECT)  # null: any
    circuit_id = models.CharField(max_length=512, blank=True)
    remote_id = models.CharField(max_length=512, blank=True)  # empty: any
    any_device = models.BooleanField(default=False)  # the port is enough: for phones with random MACs

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["circuit_id", "remote_id", "nas"], nulls_distinct=False, name="network_binding_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(circuit_id="", remote_id="")
                & models.Q(circuit_id__regex=r"^(0x([0-9a-f]{2})+)?$", remote_id__regex=r"^(0x([0-9a-f]{2})+)?$"),
                name="network_binding_hex",
            ),
        ]


class DeviceSource(models.TextChoices):
    ENGINEER = "engineer"  # noted at the visit
    TYPED = "typed"
    SEEN = "seen"  # one tap on what was seen on the line


class Device(models.Model):
    """A MAC address that may use a line."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="devices")
    mac = MacField(unique=True)
    name = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=8, choices=DeviceSource.choices)
    registered_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)


class Sighting(models.Model):
    """An unknown device seen on a line: it got the walled garden, and may be registered by one tap."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="sightings")
    mac = MacField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "mac"], name="network_sighting_once")]
        indexes = [models.Index(fields=["mac"], name="network_sighting_mac")]


class AddressPool(models.Model):
    """Addresses that are given out one by one, for good."""

    name = models.CharField(max_length=64, unique=True)
    network = CidrField(unique=True)


class StaticAddress(models.Model):
    """A line's own address. It is given while the line is open; a debtor in the walled garden has none."""

    line = models.OneToOneField(Line, on_delete=models.PROTECT, related_name="static_address")
    pool = models.ForeignKey(AddressPool, null=True, on_delete=models.PROTECT)
    address = models.GenericIPAddressField(unique=True)
    # The add-on that pays for it: it goes when that ends. Null: given by the staff, and taken by the staff.
    subscription_id = models.BigIntegerField(null=True, unique=True)
