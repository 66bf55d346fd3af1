insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error)
values (%(key)s, %(contract_id)s, %(kind)s, %(params)s::jsonb, '', 'queued', 0, '')
on conflict (key) do nothing
returning id
