-- Who does how much at the desk.
select operator.shown_name, operator.state, operator.seen_at, operator.user_id,
       count(talk.id) filter (where talk.state = 'open') as open,
       count(talk.id) filter (where talk.state = 'open' and talk.waiting_since is not null) as waiting,
       count(talk.id) filter (where talk.state = 'closed') as closed,
       avg(talk.mark)::numeric(3, 1) as mark
from support_operator operator
left join conversations_conversation talk on talk.owner_id = operator.user_id and talk.kind <> 'notice'
group by operator.user_id, operator.shown_name, operator.state, operator.seen_at
order by operator.shown_name
