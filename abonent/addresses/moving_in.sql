-- A building is known by one spelling of its number: "12k2" is house 12 korpus 2, however the other system wrote it.
insert into addresses_building (settlement, street, house, korpus, stroenie, liter, number_key, segment, connected,
                                technology)
select distinct on (m.settlement, m.street, m.number_key)
       m.settlement, m.street, m.house, m.korpus, m.stroenie, m.liter, m.number_key, m.segment, m.connected, m.technology
from moving_addresses m
where not exists (
    select from addresses_building b
    where b.settlement = m.settlement and b.street = m.street and b.number_key = m.number_key
)
order by m.settlement, m.street, m.number_key, m.line;

create temporary table moving_premises on commit drop as
select m.line, b.id as building_id, b.segment, m.flat, null::bigint as premises_id
from moving_addresses m
join lateral (
    select id, segment from addresses_building b
    where b.settlement = m.settlement and b.street = m.street and b.number_key = m.number_key
    order by id limit 1
) b on true;

insert into addresses_premises (building_id, flat)
select distinct building_id, flat from moving_premises
on conflict do nothing;

update moving_premises m set premises_id = p.id
from addresses_premises p where p.building_id = m.building_id and p.flat = m.flat;
