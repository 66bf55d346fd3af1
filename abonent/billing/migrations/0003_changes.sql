-- What came back of a charge is never changed: a mistake is mended by a reversing transfer.
create trigger refuse_change before update or delete on billing_return
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_return
    for each statement execute function core.refuse_change();
create index billing_return_transfer_id on billing_return (transfer_on, transfer_id);

-- A quote binds: the only thing that ever happens to it is that it is used, once.
create trigger refuse_delete before delete on billing_quote
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_quote
    for each statement execute function core.refuse_change();
create trigger refuse_change before update on billing_quote
    for each row
    when (old.used_at is not null
          or (old.id, old.token, old.account_id, old.what, old.params, old.lines, old.total_kop, old.effective_on,
              old.made_at, old.good_until)
             is distinct from
             (new.id, new.token, new.account_id, new.what, new.params, new.lines, new.total_kop, new.effective_on,
              new.made_at, new.good_until))
    execute function core.refuse_change();
create trigger refuse_delete before delete on billing_change
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_change
    for each statement execute function core.refuse_change();
