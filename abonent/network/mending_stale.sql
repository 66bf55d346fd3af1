with stale as (
    select s.id
    from network_accesssession s
    join network_nas n on n.id = s.nas_id
    where s.updated_at < %(now)s::timestamptz - make_interval(secs => n.interim_seconds * %(interims_x2)s / 2)
      and n.heard_since_at <= %(now)s::timestamptz - make_interval(secs => n.interim_seconds * %(interims_x2)s / 2)
      -- or a server that is silent altogether, for a day
      or s.updated_at < %(now)s::timestamptz - interval '1 day'
    order by s.id
    for update of s skip locked
)
select radius.close(array(select id from stale), null, 'Stale') as closed
