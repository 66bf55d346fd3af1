-- Since when each access server has been heard of without a break: news since the last look, at most ten minutes ago.
with heard as (
    select nas_id, max(updated_at) as at from network_accesssession group by nas_id
)
update network_nas n
set heard_since_at = case
        when h.at > n.heard_at and n.heard_at > %(now)s::timestamptz - interval '12 minutes'
            then coalesce(n.heard_since_at, %(now)s)
        else %(now)s
    end,
    heard_at = case when h.at > coalesce(n.heard_at, '-infinity') then %(now)s else n.heard_at end
from heard h
where h.nas_id = n.id
