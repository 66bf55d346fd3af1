"""Sign-ins of subscribers who came with an import. Writes User and SignInName beside users.py."""

from abonent.core import db

_USERS = """
    insert into identity_user (id, username, password, is_active, is_staff, password_must_change, language)
    select user_id, first_number, '!', true, false, true, language
    from moving_customers where needs_user order by user_id
"""
_NAMES = """
    insert into identity_signinname (name, user_id)
    select number, user_id from moving_contracts where is_new and user_id is not null
"""


def take_in() -> None:
    """A user for each customer who needs one, a sign-in name for each new contract.

    Nobody knows a password yet: it comes by SMS, or by a letter that staff issue.
    moving_customers: user_id, needs_user, first_number, language.   moving_contracts: is_new, number, user_id.
    """
    db.require_transaction()
    db.run(_USERS)
    db.run(_NAMES)
