insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error,
                                  to_address, secret, not_after)
select %(key)s, %(contract_id)s::text::bigint, %(kind)s, %(params)s::jsonb {more}, '', 'queued', 0, '',
       %(to)s, %(secret)s, %(not_after)s::text::timestamptz
{source}
on conflict (key) do nothing
returning id
