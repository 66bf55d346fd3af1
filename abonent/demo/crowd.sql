-- Subscribers by the hundred thousand, set-based: people, sign-ins, contracts, lines, accounts, subscriptions.
-- Parameters: count, seed, signed_on, paid_until (the date the next run charges).
create temporary table crowd on commit drop as
select n,
       (select coalesce(max(id), 0) from identity_user) + n as user_id,
       (select coalesce(max(id), 0) from subscribers_customer) + n as customer_id,
       (select coalesce(max(id), 0) from subscribers_contract) + n as contract_id,
       (select coalesce(max(id), 0) from subscribers_line) + n as line_id,
       greatest((select max(id) from ledger_account), 999) + n as account_id,
       'C' || lpad((%(seed)s * 10000000 + n)::text, 9, '0') as number,
       -- a cheap, repeatable spread of 0..99 that depends on the seed
       (abs(hashint8(n * 7919 + %(seed)s)::bigint) %% 100)::int as luck
from generate_series(1::bigint, %(count)s) n;

insert into identity_user (id, username, password, is_active, is_staff, password_must_change, language)
select user_id, number, '!', true, false, false, 'ru' from crowd;
insert into identity_signinname (name, user_id) select number, user_id from crowd;

insert into subscribers_customer (id, kind, full_name, sort_key, given_name, inn, kpp, language, user_id)
select customer_id, 'person', full_name, replace(lower(full_name), 'ё', 'е'), given, '', '', 'ru', user_id
from (
    select c.customer_id, c.user_id, person.given, person.surname || ' ' || person.given || ' ' || person.father as full_name
    from crowd c
    cross join lateral (
        -- repeatable spreads of their own, so that no name goes with one family name
        select (abs(hashint8(c.n * 31 + %(seed)s)::bigint) %% 2147483647)::int as a,
            (abs(hashint8(c.n * 7 + 1)::bigint) %% 2147483647)::int as b,
            (abs(hashint8(c.n * 13 + 2)::bigint) %% 2147483647)::int as d
    ) dice
    cross join lateral (
        select case when c.n %% 2 = 0 then (%(women)s::text[])[1 + b %% cardinality(%(women)s::text[])]
                else (%(men)s::text[])[1 + b %% cardinality(%(men)s::text[])] end as given,
            case when c.n %% 2 = 0 then (%(women_surnames)s::text[])[1 + a %% cardinality(%(women_surnames)s::text[])]
                else (%(surnames)s::text[])[1 + a %% cardinality(%(surnames)s::text[])] end as surname,
            (%(fathers)s::text[])[1 + d %% cardinality(%(fathers)s::text[])]
                || case when c.n %% 2 = 0 then 'на' else 'ич' end as father
    ) person
) one;
insert into subscribers_contact (customer_id, kind, value)
select customer_id, 'phone', '+7999' || lpad(((%(seed)s * 1000003::bigint + n) %% 10000000)::text, 7, '0') from crowd;
insert into subscribers_contract (id, number, customer_id, signed_on)
select contract_id, number, customer_id, %(signed_on)s from crowd;

create temporary table crowd_building on commit drop as
select (row_number() over (order by id) - 1)::int as number, id from addresses_building
where settlement = %(settlement)s and street = any(%(streets)s);
create temporary table crowd_home on commit drop as
select c.line_id, c.contract_id, b.id as building_id, (1 + (c.n - 1) %% %(flats)s)::text as flat
from crowd c join crowd_building b on b.number = (c.n - 1) / %(flats)s;
insert into addresses_premises (building_id, flat) select building_id, flat from crowd_home on conflict do nothing;
insert into subscribers_line (id, contract_id, premises_id, segment)
select h.line_id, h.contract_id, p.id, 'apartment'
from crowd_home h join addresses_premises p on p.building_id = h.building_id and p.flat = h.flat;

insert into ledger_account (id, kind, contract_id, balance_kop)
select account_id, 'subscriber', contract_id, 0 from crowd;

-- Nine in ten pay by the month, one by the day; a third has TV besides.
insert into billing_subscription
    (account_id, line_id, version_id, role, kind, charging, price_kop, priority, state, paid_until, started_on,
     activated_on, turn)
select c.account_id, c.line_id, v.id, o.role, o.kind, v.charging, v.price_kop,
       case o.kind when 'internet' then 0 else 1 end, 'active', %(paid_until)s, %(signed_on)s, %(signed_on)s, 0
from crowd c
join lateral (
    select code from (values ('city-100', 0, 29), ('city-300', 30, 69), ('city-500', 70, 89), ('city-day-100', 90, 99),
                             ('tv-basic', 0, 33)) wanted (code, low, high)
    where c.luck between low and high
) wanted on true
join catalog_offer o on o.code = wanted.code
join lateral (
    select * from catalog_offerversion
    where offer_id = o.id and valid_from <= %(signed_on)s and withdrawn_at is null
    order by number desc limit 1
) v on true
order by c.account_id, o.role, o.kind;

-- Money for a month or three; one in twenty has not paid enough.
create temporary table crowd_money on commit drop as
select nextval(pg_get_serial_sequence('ledger_transfer', 'id')) as id,
       %(signed_on)s::date as "on",
       202::bigint as debit_id,  -- clearing:cash
       account_id as credit_id,
       (case when luck < 5 then 5000 else 100000 + luck * 1000 end)::bigint as amount_kop,
       'payment'::text as reason,
       'payment:cash:crowd-' || %(seed)s || '-' || n as key,
       n
from crowd;
insert into payments_payment
    (account_id, channel, amount_kop, state, idempotence_key, external_id, confirmation_url, cancel_reason,
     method_title, request, "on", transfer_on, transfer_id, created_at, settled_at, note)
select credit_id, 'cash', amount_kop, 'succeeded', 'crowd-' || %(seed)s || '-' || n, 'crowd-' || %(seed)s || '-' || n,
       '', '', '', '{}', "on", "on", id, "on"::timestamptz + interval '12 hours', "on"::timestamptz + interval '12 hours', ''
from crowd_money;

select setval(pg_get_serial_sequence('identity_user', 'id'), (select max(user_id) from crowd)),
       setval(pg_get_serial_sequence('subscribers_customer', 'id'), (select max(customer_id) from crowd)),
       setval(pg_get_serial_sequence('subscribers_contract', 'id'), (select max(contract_id) from crowd)),
       setval(pg_get_serial_sequence('subscribers_line', 'id'), (select max(line_id) from crowd)),
       setval(pg_get_serial_sequence('ledger_account', 'id'), (select max(account_id) from crowd));
