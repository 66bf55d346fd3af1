-- The next accounts whom a version touches, a notice for each contract: its price now and the one to come.
create temporary table price_notices on commit drop as
select 'tariff_price:' || %(version_id)s::bigint || ':' || a.contract_id as key, a.contract_id,
       jsonb_build_object('name_ru', o.name_ru, 'name_en', o.name_en, 'charging', meant.charging,
                          'old_kop', meant.price_kop, 'price_kop', meant.new_price_kop, 'begins_on', meant.begins_on) as params,
       meant.account_id
from (
    select account_id, min(charging) as charging, min(price_kop) as price_kop, min(new_price_kop) as new_price_kop,
           min(moves_from) as begins_on
    from billing_repriceable
    where version_id = %(version_id)s and account_id > %(after)s and started_on >= %(since)s
    group by account_id
    order by account_id
    limit %(most)s
) meant
join ledger_account a on a.id = meant.account_id
join catalog_offerversion v on v.id = %(version_id)s
join catalog_offer o on o.id = v.offer_id
