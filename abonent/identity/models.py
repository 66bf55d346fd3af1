"""Who may come in: users, the names they sign in by, the devices they are known by, the roles of staff."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from abonent.identity.models_codes import OneTimeCode as OneTimeCode
from abonent.identity.models_tokens import AppRequest as AppRequest
from abonent.identity.models_tokens import AppToken as AppToken


class Role(models.Model):
    """A set of permissions, as data. The built-in ones come with the migration; an operator adds his own."""

    code = models.SlugField(unique=True)
    name_ru = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    permissions = ArrayField(models.CharField(max_length=64))  # names of identity/permissions.py
    most_kop = models.BigIntegerField(null=True)  # that one act may move: back, or on credit; null: no limit

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_kop__isnull=True) | models.Q(most_kop__gt=0),
                name="identity_role_limit_positive",
            )
        ]


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """One person who signs in: a subscriber (by any of his contracts' numbers) or staff (by name)."""

    username = models.CharField(max_length=64, unique=True)  # the first contract's number, or a staff name
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    role = models.ForeignKey(Role, null=True, blank=True, on_delete=models.PROTECT)
    password_must_change = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="ru")
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            # A staff name is never all digits, so that it can never be a contract's number.
            models.CheckConstraint(
                condition=models.Q(is_staff=False) | ~models.Q(username__regex=r"^[0-9]+$"),
                name="identity_staff_name_not_digits",
            ),
            models.CheckConstraint(
                condition=models.Q(is_staff=True) | models.Q(role__isnull=True),
                name="identity_role_is_for_staff",
            ),
        ]


class SignInName(models.Model):
    """A contract's number that signs a person in. Every number of a person leads to the same user."""

    name = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_in_names")


class KnownDevice(models.Model):
    """A browser that has signed this user in before: it has its own budget of wrong tries."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    token_hash = models.BinaryField(max_length=32)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "token_hash"], name="identity_device_once")]


class WrongTry(models.Model):
    """A wrong password. Counted by the key of identity/limits.py; old ones are swept away."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=96)  # "user:17", "device:<hash>", "name:<hash>" of a name nobody has
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="identity_wrongtry_key_at")]
