insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error,
                                  to_address, secret, not_after)
values (%(key)s, %(contract_id)s, %(kind)s, %(params)s::jsonb, '', 'queued', 0, '',
        %(to)s, %(secret)s, %(not_after)s::timestamptz)
on conflict (key) do nothing
returning id
