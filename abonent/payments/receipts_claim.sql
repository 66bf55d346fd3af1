-- Take what is due, each row once whoever else looks.
with due as (
    select id from payments_receipt
    where state in ('queued', 'sent') and next_try_at <= statement_timestamp()
    order by next_try_at, id
    limit %(most)s
    for update skip locked
)
update payments_receipt receipt
set attempts = receipt.attempts + 1,
    next_try_at = clock_timestamp() + make_interval(secs => %(claimed_seconds)s)
from due
where receipt.id = due.id
returning receipt.id
