"""Sessions as Django keeps them in the database, read by one prepared statement: each page reads one.

Everything else (keys, signing, saving, expiry, `clearsessions`) is Django's, as is the table.
"""

from typing import Any

from django.contrib.sessions.backends import db as django_sessions
from django.utils import timezone

from abonent.core import db

_LOAD = "select session_data from django_session where session_key = %s and expire_date > %s"


class SessionStore(django_sessions.SessionStore):
    def load(self) -> dict[str, Any]:
        """What the session holds; {} and no key any more where there is none or it has expired.

        A key is looked for as it came: a forged one finds nothing. Data whose signature does not fit read as {}.
        """
        found = db.prepared_rows(_LOAD, [self.session_key, timezone.now()])
        if not found:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(found[0]["session_data"])
        return data
