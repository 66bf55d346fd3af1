"""Who is meant by what was typed at sign-in."""

from collections.abc import Collection

from abonent.identity.models import Role, User


def subscriber_by_number(number: str) -> User | None:
    """The subscriber who signs in by that contract's number, as stored: capitals, no spaces. One query."""
    return User.objects.filter(sign_in_names__name=number, is_active=True, is_staff=False).first()


def staff_by_name(name: str) -> User | None:
    """One of the staff by his name, in small letters, with his role. One query."""
    return User.objects.filter(username=name, is_active=True, is_staff=True).select_related("role").first()


def roles_with(any_of: Collection[str]) -> list[Role]:
    """The roles that have one of these permissions, by code."""
    return list(Role.objects.filter(permissions__overlap=list(any_of)).order_by("code"))


def staff_with(permission: str) -> list[str]:
    """The names of the staff who have a permission, in order."""
    found = User.objects.filter(is_active=True, is_staff=True, role__permissions__contains=[permission])
    return list(found.order_by("username").values_list("username", flat=True))


def users_with(permission: str) -> list[User]:
    """The staff who have a permission, by name."""
    found = User.objects.filter(is_active=True, is_staff=True, role__permissions__contains=[permission])
    return list(found.order_by("username"))
