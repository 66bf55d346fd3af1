"""The lines of the access benches: a crowd, an access server of ours, and a live session for each."""

from datetime import date

NAS_ADDRESS, SECRET = "127.0.0.11", "bench-radius"


def make(accounts: int, on: date, *, coa_port: int = 3799) -> None:
    from abonent.core import db, partitions
    from abonent.demo import crowd
    from abonent.network.models import Nas, NasKind

    crowd.make(accounts, seed=1, on=on)
    crowd.settle_statistics()  # else a hundred thousand lines are planned for as a handful
    partitions.ensure_ahead(on)
    Nas.objects.create(name="bench", address=NAS_ADDRESS, kind=NasKind.MIKROTIK, secret=SECRET, coa_port=coa_port)
    db.run(db.read_sql(__file__, "radius_sessions"))
