-- Accounts to be charged on one date, set-based: a contract, an account, a line, an internet tariff each; a third has
-- TV besides. 98 of 100 have the money. Parameters: count, on, charging.
create temporary table crowd on commit drop as
select n, 100000 + n as account_id from generate_series(1, %(count)s) n;

insert into subscribers_customer (id, kind, full_name, sort_key, given_name, inn, kpp, language)
select account_id, 'person', 'Person ' || n, 'person ' || n, '', '', '', 'en' from crowd;
insert into subscribers_contract (id, number, customer_id, signed_on)
select account_id, 'B' || lpad(n::text, 8, '0'), account_id, %(on)s::date - 40 from crowd;
insert into subscribers_line (id, contract_id, segment) select account_id, account_id, 'apartment' from crowd;
insert into ledger_account (id, kind, contract_id, balance_kop)
select account_id, 'subscriber', account_id, case when n %% 100 < 2 then 1 else 500000 + n %% 1000 end from crowd;

insert into catalog_offer (id, code, role, kind, segments, name_ru, name_en, description_ru, description_en, requires,
                           excludes, position, on_sale, featured)
select 900000 + n, 'bench-' || n, 'tariff', case when n <= 10 then 'internet' else 'tv' end, '{apartment}', 'Bench',
       'Bench', '', '', '{}', '{}', 0, true, false
from generate_series(1, 13) n;
insert into catalog_offerversion (id, offer_id, number, valid_from, price_kop, charging)
select id, id, 1, '2020-01-01', 50000 + (id - 900000) * 1000, %(charging)s from catalog_offer where id > 900000;

insert into billing_subscription
    (account_id, line_id, version_id, role, kind, charging, price_kop, priority, state, paid_until, started_on,
     activated_on, turn)
select c.account_id, c.account_id, v.id, 'tariff', o.kind, v.charging, v.price_kop,
       case o.kind when 'internet' then 0 else 1 end, 'active', %(on)s, %(on)s::date - 40, %(on)s::date - 40, 0
from crowd c
join lateral (values (900001 + c.n %% 10), (case when c.n %% 3 = 0 then 900011 + c.n %% 3 end)) wanted (id)
     on wanted.id is not null
join catalog_offer o on o.id = wanted.id
join catalog_offerversion v on v.offer_id = o.id
order by c.account_id, o.kind;
