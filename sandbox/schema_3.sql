-- Version 3: the register of receipts (ATOL), and the receipts that the bank prints itself.
create table atol_token (
    token text primary key,
    created_ms integer not null
);
create table atol_document (
    seq integer primary key autoincrement,
    uuid text not null unique,
    external_id text not null unique,
    operation text not null check (operation in ('sell', 'sell_refund')),
    body text not null,
    total_kop integer not null check (total_kop > 0),
    failed text not null default '',
    ready_ms integer not null,
    created_ms integer not null
);
create table bank_receipt (
    seq integer primary key autoincrement,
    id text not null unique,
    shop_id text not null,
    type text not null check (type in ('payment', 'refund')),
    about text not null,
    body text not null,
    created_ms integer not null
);
create index bank_receipt_about on bank_receipt (about);
