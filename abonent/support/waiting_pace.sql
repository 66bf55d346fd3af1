-- How many seconds a place in the queue has cost lately: the median of the last chats taken.
select percentile_cont(0.5) within group (order by seconds) as seconds_a_place
from (
    select extract(epoch from taken_at - opened_at) / greatest(place_at_start, 1) as seconds
    from conversations_conversation
    where kind = 'chat' and department = %(department)s and place_at_start > 0
      and taken_at > %(since)s and taken_at >= opened_at
    order by taken_at desc
    limit 20
) as lately
having count(*) >= %(least)s
