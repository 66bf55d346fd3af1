"""What the access servers report: sessions, traffic by day, answers. Written by `radius.*` in SQL, read here."""

from django.db import models

from abonent.network.columns import MacField


class Reported(models.Model):
    """What is known of a session, live or closed. Octets are totals in 64 bits; «up» is from the subscriber."""

    id = models.BigAutoField(primary_key=True)
    nas = models.ForeignKey("network.Nas", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    acct_session_id = models.CharField(max_length=253)
    user_name = models.CharField(max_length=253)
    line_id = models.BigIntegerField(null=True)  # null: nobody's, in the walled garden
    way = models.CharField(max_length=5)  # login, port, mac: by what it came in; none
    mac = MacField(null=True)
    address = models.GenericIPAddressField(null=True)
    port = models.CharField(max_length=253)
    circuit_id = models.CharField(max_length=512)
    remote_id = models.CharField(max_length=512)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    seconds = models.BigIntegerField(default=0)
    up_octets = models.BigIntegerField(default=0)
    down_octets = models.BigIntegerField(default=0)
    raw_up_octets = models.BigIntegerField(default=0)  # what its counter said last; going backwards is a restart
    raw_down_octets = models.BigIntegerField(default=0)
    has_class = models.BooleanField(default=False)  # its unique id is ours, and never comes back after a reboot
    granted = models.CharField(max_length=80)  # what it was given: "open:300:300:-", "walled"

    class Meta:
        abstract = True


class AccessSession(Reported):
    """A live session: one plain table, the unique id once."""

    unique_id = models.CharField(max_length=64)

    class Meta:
        # Not `unique=True`: that adds an index for LIKE, which every interim would keep up.
        constraints = [models.UniqueConstraint(fields=["unique_id"], name="network_session_unique_id")]
        indexes = [
            models.Index(fields=["line_id"], name="network_session_line"),
            models.Index(fields=["mac"], condition=models.Q(line_id__isnull=True), name="network_session_strangers"),
            models.Index(fields=["address"], name="network_session_address"),
        ]


class ClosedSession(Reported):
    """A session that has ended. Partitioned by the operator's date of its end."""

    unique_id = models.CharField(max_length=64)
    ended_on = models.DateField()
    ended_at = models.DateTimeField()
    cause = models.CharField(max_length=64)


class Usage(models.Model):
    """Traffic of a subscription on a date. Partitioned by the date; the key is (date, subscription)."""

    on = models.DateField()
    subscription_id = models.BigIntegerField()
    line_id = models.BigIntegerField()
    id = models.BigAutoField(primary_key=True)
    up_octets = models.BigIntegerField()
    down_octets = models.BigIntegerField()


class Authorisation(models.Model):
    """An answer to a request to come in, and why. Partitioned by date; old months are dropped."""

    on = models.DateField()
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    nas_id = models.BigIntegerField(null=True)
    line_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=253)
    mac = MacField(null=True)
    is_accepted = models.BooleanField()
    reason = models.CharField(max_length=20)
