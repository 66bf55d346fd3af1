-- Version 4: phones that take web pushes, and what has come to them.
create table push_phone (
    token text primary key,
    private_key blob not null,
    public_key blob not null,
    auth blob not null,
    server_key text not null,
    gone integer not null default 0
);
create table push_message (
    seq integer primary key autoincrement,
    token text not null references push_phone (token),
    topic text,
    urgency text not null,
    ttl integer not null,
    body blob not null,
    text text not null,
    received_ms integer not null
);
