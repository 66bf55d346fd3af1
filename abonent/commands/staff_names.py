"""Whether a name given to a command is one of the staff, and whether its role may do the thing. No command itself."""


def refusal(name: str, permission: str) -> str:
    """Why not; "" where it may.   permission: of identity.permissions."""
    from abonent.identity import permissions
    from abonent.identity.models import User

    user = User.objects.select_related("role").filter(username=name, is_staff=True, is_active=True).first()
    if user is None:
        return f"«{name}» is none of the staff: give the name that signs in at /staff/login/"
    if not permissions.may(user.role.permissions if user.role else (), permission):
        return f"«{name}» may not: the role {user.role.code if user.role else '-'} lacks {permission}"
    return ""
