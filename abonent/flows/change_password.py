"""A subscriber changes his password: the new one, the log entry and the notice, together or not at all."""

from abonent.core import audit, db
from abonent.identity import users
from abonent.identity.models import User
from abonent.notifications import outbox


def change(*, user: User, hashed: str, contract_id: int, address: str | None) -> User:
    """The password becomes the one of `hashed` (Django's hashers); sessions begun with the old one end.

    The old password and the rules for new ones are the screen's to check.
    contract_id: by whose contacts he is told.   address: of the browser, for the log.
    """
    with db.atomic():
        locked = db.lock(User, [user.pk])[user.pk]
        users.set_password(locked, hashed)
        entry = audit.record(
            actor=user.username,
            action="identity.change_password",
            subject=f"user:{user.pk}",
            address=address,
        )
        outbox.queue(key=f"password_changed:{entry.pk}", contract_id=contract_id, kind="password_changed", params={})
    return locked
