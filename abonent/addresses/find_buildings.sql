-- The buildings of the streets found whose number is the one typed, or begins with it. Exact ones first.
select b.id, b.settlement, b.street, b.house, b.korpus, b.stroenie, b.liter, b.segment, b.connected, b.technology,
       b.floors, b.flats, b.planned_on, asked.reading, b.number_key = asked.number as exact
from unnest(%(reading)s::int[], %(settlement)s::text[], %(street)s::text[], %(number)s::text[], %(cost)s::int[])
     as asked (reading, settlement, street, number, cost)
join addresses_building b on b.settlement = asked.settlement and b.street = asked.street
where starts_with(b.number_key, asked.number) and substr(b.number_key, length(asked.number) + 1, 1) !~ '[0-9]'
order by asked.cost, exact desc, asked.reading, length(b.number_key), b.number_key, b.settlement, b.street
limit %(limit)s
