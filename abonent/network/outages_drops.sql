-- Where many lines lost their sessions within twenty minutes and have none again, and few beside them go on: a node, or
-- a building of one that works. People who switch their routers off are none of them. A node that has fallen silent
-- altogether counts only while another one is heard: else it is we who hear nobody.
with lost as (
    select distinct on (c.line_id) c.line_id, c.nas_id, c.ended_at
    from network_closedsession c
    where c.ended_on >= radius.date_of(%(now)s) - 1 and c.ended_at > %(now)s::timestamptz - interval '20 minutes'
      and c.line_id is not null
      and c.cause not in ('User-Request', 'Session-Timeout', 'Idle-Timeout', 'Admin-Reset', 'Not-On-Nas')
      and not exists (select from network_accesssession s where s.line_id = c.line_id)
    order by c.line_id, c.ended_at desc
), silent as (
    select s.line_id, s.nas_id, s.updated_at as ended_at
    from network_nas n
    join network_accesssession s on s.nas_id = n.id and s.line_id is not null
    where n.heard_at < %(now)s::timestamptz - make_interval(secs => n.interim_seconds * 3)
      and exists (
          select from network_nas other
          where other.id <> n.id and other.heard_at > %(now)s::timestamptz - make_interval(secs => other.interim_seconds * 3)
      )
), dropped as (
    select * from lost union all select * from silent
), of_node as (
    select d.nas_id, count(*) as lines, min(d.ended_at) as since,
           (select count(*) from network_accesssession s
            where s.nas_id = d.nas_id and s.line_id not in (select line_id from silent)) as alive
    from dropped d group by d.nas_id
), nodes as (
    select * from of_node where lines >= %(of_node)s and lines * 100 >= (lines + alive) * %(percent)s
), of_building as (
    select p.building_id, count(*) as lines, min(d.ended_at) as since,
           (select count(distinct s.line_id) from network_accesssession s
            join subscribers_line l2 on l2.id = s.line_id
            join addresses_premises p2 on p2.id = l2.premises_id
            where p2.building_id = p.building_id) as alive
    from lost d
    join subscribers_line l on l.id = d.line_id
    join addresses_premises p on p.id = l.premises_id
    where d.nas_id not in (select nas_id from nodes)
    group by p.building_id
)
select nas_id, null::bigint as building_id, lines, since from nodes
where not exists (select from network_outage o where o.nas_id = nodes.nas_id and o.state in ('seen', 'declared'))
union all
select null, building_id, lines, since from of_building
where lines >= %(of_building)s and lines * 100 >= (lines + alive) * %(percent)s
  and not exists (select from network_outagebuilding b where b.building_id = of_building.building_id and b.is_open)
order by 1, 2
