-- The same notice by further channels, each a row of its own; the notice itself keeps to its first one.
with asked as (
    select * from jsonb_to_recordset(%(asked)s::jsonb) as one (id bigint, first text, channel text)
), kept as (
    update notifications_notice notice set only_by = asked.first
    from (select distinct id, first from asked) asked
    where notice.id = asked.id and notice.only_by = ''
)
insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error, not_after, only_by)
select notice.key || '/' || asked.channel, notice.contract_id, notice.kind, notice.params, '', 'queued', 0, '',
       notice.not_after, asked.channel
from asked join notifications_notice notice on notice.id = asked.id
order by notice.id, asked.channel
on conflict (key) do nothing
