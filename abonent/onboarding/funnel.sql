-- Requests of a period and when each first came to each stage of the way. Repeats of another request are left out.
with asked as (
    select request.id, request.state, request.created_at
    from onboarding_connectionrequest request
    where request.created_at >= %(start)s and request.created_at < %(end)s and request.state <> 'duplicate'
), reached as (
    select step.request_id, array_position(%(way)s::text[], step.state::text) as place, min(step.at) as at
    from onboarding_requeststep step
    join asked on asked.id = step.request_id
    where step.kind = 'moved' and step.state = any(%(way)s::text[])
    group by 1, 2
), paced as (
    select reached.request_id, reached.place, reached.at,
           case when lag(reached.place) over way = reached.place - 1
                then greatest(0, extract(epoch from reached.at - lag(reached.at) over way))::bigint end as seconds,
           greatest(0, extract(epoch from reached.at - first_value(reached.at) over way))::bigint as whole_seconds
    from reached
    window way as (partition by reached.request_id order by reached.place)
), furthest as (
    select asked.id, asked.state, asked.created_at, coalesce(max(reached.place), 1) as place
    from asked
    left join reached on reached.request_id = asked.id
    group by asked.id, asked.state, asked.created_at
)
