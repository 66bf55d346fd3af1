-- The sandbox's store. Money is kopecks, instants are milliseconds since 1970 UTC by the sandbox's clock.
create table payment (
    seq integer primary key autoincrement,
    id text not null unique,
    shop_id text not null,
    status text not null check (status in ('pending', 'waiting_for_capture', 'succeeded', 'canceled')),
    amount_kop integer not null check (amount_kop > 0),
    refunded_kop integer not null default 0 check (refunded_kop between 0 and amount_kop),
    capture integer not null check (capture in (0, 1)),
    save_method integer not null check (save_method in (0, 1)),
    description text,
    return_url text,
    locale text not null,
    merchant_customer_id text,
    metadata text not null,
    receipt text,
    method_id text,
    card text,
    card_name text,
    three_d_secure text not null default '' check (three_d_secure in ('', 'asked', 'passed', 'failed')),
    created_ms integer not null,
    captured_ms integer,
    expires_ms integer not null,
    cancel_party text,
    cancel_reason text,
    check ((status = 'canceled') = (cancel_reason is not null)),
    check ((status = 'succeeded') = (captured_ms is not null)),
    check (refunded_kop = 0 or status = 'succeeded')
);
create index payment_open on payment (expires_ms) where status in ('pending', 'waiting_for_capture');

create table payment_method (
    id text primary key,
    shop_id text not null,
    card text not null,
    card_name text not null,
    declines_with text,
    created_ms integer not null
);

create table refund (
    seq integer primary key autoincrement,
    id text not null unique,
    shop_id text not null,
    payment_id text not null references payment (id),
    status text not null check (status in ('pending', 'succeeded', 'canceled')),
    amount_kop integer not null check (amount_kop > 0),
    description text,
    metadata text not null,
    receipt text,
    created_ms integer not null,
    cancel_reason text,
    check ((status = 'canceled') = (cancel_reason is not null))
);
create index refund_payment on refund (payment_id);

create table idempotence (
    shop_id text not null,
    key text not null,
    request_hash text not null,
    object_id text not null,
    created_ms integer not null,
    primary key (shop_id, key)
);

-- What the bank tells the shop. `closed`: why it is not sent any more.
create table notification (
    seq integer primary key autoincrement,
    event text not null,
    object_id text not null,
    body text not null,
    created_ms integer not null,
    due_ms integer not null,
    attempts integer not null default 0,
    last_answer text,
    closed text check (closed in ('delivered', 'withheld', 'given_up'))
);
create index notification_open on notification (due_ms) where closed is null;

create table knob (
    name text primary key,
    value text not null
);

create table sms (
    seq integer primary key autoincrement,
    id integer not null,
    phone text not null,
    sender text,
    text text not null,
    parts integer not null,
    received_ms integer not null,
    unique (id, phone, text)
);

create table mail (
    seq integer primary key autoincrement,
    mail_from text not null,
    rcpt_to text not null,
    raw blob not null,
    received_ms integer not null
);
