-- How the desk kept its word since a moment: medians of waiting, and how many first answers came in the promised time.
select count(*) as begun,
       count(taken_at) as taken,
       percentile_cont(0.5) within group (order by extract(epoch from taken_at - opened_at)) as wait_seconds,
       percentile_cont(0.5) within group (order by extract(epoch from answered_at - opened_at)) as answer_seconds,
       count(*) filter (where waiting_since is not null and answer_by < %(now)s) as late,
       avg(mark)::numeric(3, 1) as mark
from conversations_conversation
where kind <> 'notice' and opened_at > %(since)s
