-- What became of some notices, all at once. One whose mailing was stopped meanwhile has gone all the same.
update notifications_notice notice
set state = said.state, channel = said.channel, error = said.error,
    sent_at = case when said.state = 'sent' then now() end,
    attempts = notice.attempts - said.uncounted,
    gateway_id = said.gateway_id,
    secret = case when said.state = 'queued' then notice.secret else '' end,
    claimed_at = case when said.is_unknown then notice.claimed_at end,
    only_by = case when said.any_way then '' else notice.only_by end,
    next_try_at = case when said.state = 'queued' then statement_timestamp() + make_interval(secs => said.wait)
                       else notice.next_try_at end
from jsonb_to_recordset(%(said)s::jsonb) as said (
    id bigint, state text, channel text, error text, uncounted int, gateway_id text, is_unknown bool, any_way bool,
    wait int
)
where notice.id = said.id
  and (notice.state = 'queued' or (notice.state = 'canceled' and said.state in ('sent', 'failed')))
