-- Take the queued sessions that are due, each once whoever else looks, with what the rule says of each at this moment.
-- A claimed row is pushed ahead: killed between this and its mark, it is tried again.
with due as (
    select id from network_accesschange
    where state = 'queued' and next_try_at <= statement_timestamp()
    order by next_try_at, id
    limit %(most)s
    for update skip locked
), claimed as (
    update network_accesschange c
    set attempts = c.attempts + 1, next_try_at = clock_timestamp() + make_interval(secs => %(claimed_seconds)s)
    from due where c.id = due.id
    returning c.id, c.session_id, c.attempts, c.ends_session
)
select c.id, c.session_id, c.attempts, c.ends_session, s.id is not null as is_live,
       s.acct_session_id, s.user_name, host(s.address) as address, s.granted, r.expected,
       host(n.address) as nas_address, n.kind, n.coa_port, n.secret, n.coa_timeout_seconds, n.coa_tries,
       n.interim_seconds
from claimed c
left join network_accesssession s on s.id = c.session_id
left join radius.session_rights r on r.session_id = s.id
left join network_nas n on n.id = s.nas_id
order by c.id
