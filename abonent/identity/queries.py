"""Who is meant by what was typed at sign-in."""

from abonent.identity.models import User


def subscriber_by_number(number: str) -> User | None:
    """The subscriber who signs in by that contract's number, as stored: capitals, no spaces. One query."""
    return User.objects.filter(sign_in_names__name=number, is_active=True, is_staff=False).first()


def staff_by_name(name: str) -> User | None:
    """One of the staff by his name, in small letters, with his role. One query."""
    return User.objects.filter(username=name, is_active=True, is_staff=True).select_related("role").first()
