-- Offers that are new here, with their one version; nobody else is sold them.
with made as (
    insert into catalog_offer (code, role, kind, segments, name_ru, name_en, description_ru, description_en, requires,
                               excludes, position, on_sale, featured)
    select m.code, m.role, m.kind, m.segments, m.name, m.name, '', '', '{}', '{}', 0, false, false
    from (select distinct on (code) * from moving_tariffs order by code, line) m
    on conflict (code) do nothing
    returning id, code
)
insert into catalog_offerversion (offer_id, number, valid_from, price_kop, charging, down_mbps, up_mbps)
select made.id, 1, m.valid_from, m.price, m.charging, m.down_mbps, m.up_mbps
from made join (select distinct on (code) * from moving_tariffs order by code, line) m using (code)
