-- Version 2: methods that are bound by themselves, the fast payment system, autopay declines that pass.
alter table payment add column method_type text not null default 'bank_card' check (method_type in ('bank_card', 'sbp'));
-- How the payer confirms: on a page of ours he is sent to, by a QR code the shop shows, or not at all.
alter table payment add column confirmation text check (confirmation in ('redirect', 'qr'));
update payment set confirmation = 'redirect' where return_url is not null;

create table bound_method (
    id text primary key,
    shop_id text not null,
    type text not null default 'bank_card' check (type in ('bank_card', 'sbp')),
    status text not null default 'active' check (status in ('pending', 'active', 'inactive')),
    card text,
    card_name text,
    declines_with text,
    declines_left integer,
    return_url text,
    locale text not null default 'ru_RU',
    confirmation text check (confirmation in ('redirect', 'qr')),
    metadata text not null default '{}',
    three_d_secure text not null default '' check (three_d_secure in ('', 'asked', 'passed', 'failed')),
    created_ms integer not null,
    expires_ms integer not null default 0,
    check (status <> 'active' or card_name is not null)
);
insert into bound_method (id, shop_id, card, card_name, declines_with, created_ms)
select id, shop_id, card, card_name, declines_with, created_ms from payment_method;
drop table payment_method;
alter table bound_method rename to payment_method;
create index payment_method_open on payment_method (expires_ms) where status = 'pending';

-- The card that a subscriber of the demo has bound before the story begins.
insert into payment_method (id, shop_id, card, card_name, created_ms) values (
    '00000000-0000-5000-8000-000000100001', '100500',
    '{"first6": "220247", "last4": "2987", "expiry_year": "2049", "expiry_month": "12", "card_type": "Mir", "issuer_country": "RU", "issuer_name": "Sandbox Bank"}',
    'pays_mir', 0
);
