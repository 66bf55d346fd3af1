-- {table}: the temporary table of the batch, its name checked by the caller.
insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error)
select key, contract_id, %(kind)s, params || jsonb_build_object('on', %(on)s::text), '', 'queued', 0, ''
from {table}
order by key
on conflict (key) do nothing
