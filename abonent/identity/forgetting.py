"""Forget how a person signed in, long after his last contract was closed. The user stays, closed and nameless."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from abonent.core import db
from abonent.identity.models import AppRequest, AppToken, KnownDevice, SignInName, User


def forget_user(user_id: int) -> None:
    """No number, passkey or code signs him in, no browser is known. Twice is once. Never one of the staff."""
    db.require_transaction()
    user = db.lock(User, [user_id])[user_id]
    assert not user.is_staff, user_id
    KnownDevice.objects.filter(user_id=user_id).delete()
    SignInName.objects.filter(user_id=user_id).delete()
    Authenticator.objects.filter(user_id=user_id).delete()
    UserSession.objects.filter(user_id=user_id).delete()
    AppToken.objects.filter(user_id=user_id).delete()
    AppRequest.objects.filter(user_id=user_id).delete()
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
