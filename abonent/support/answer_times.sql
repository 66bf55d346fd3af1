-- Conversations of a period: how long the first answer and the end took, and whether the first promise was kept.
-- The promise is broken where its time is over without an answer; while it is not over nobody knows yet.
with talks as (
    select talk.id, talk.kind, talk.department, coalesce(talk.owner_id, 0) as owner_id, talk.mark,
           (talk.opened_at at time zone %(zone)s)::date as "on",
           extract(epoch from talk.answered_at - talk.opened_at)::bigint as answer_seconds,
           extract(epoch from talk.closed_at - talk.opened_at)::bigint as close_seconds,
           case when coalesce(talk.answered_at, talk.closed_at, %(now)s) > talk.first_answer_by then 'broken'
                when talk.answered_at <= talk.first_answer_by then 'kept' end as promise
    from conversations_conversation talk
    where talk.kind <> 'notice' and talk.opened_at >= %(start)s and talk.opened_at < %(end)s
)
