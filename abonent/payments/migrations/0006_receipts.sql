-- A receipt is never deleted; what it is about never changes; one that is registered stands as it is.
create trigger refuse_delete before delete on payments_receipt
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_receipt
    for each statement execute function core.refuse_change();
create trigger refuse_another_cause before update on payments_receipt for each row
    when ((new.cause, new.kind, new.way, new.account_id, new.payment_id, new.amount_kop, new."on",
           new.refund_external_id, new.charged_kop, new.advances_kop, new.balance_kop, new.transfers)
          is distinct from
          (old.cause, old.kind, old.way, old.account_id, old.payment_id, old.amount_kop, old."on",
           old.refund_external_id, old.charged_kop, old.advances_kop, old.balance_kop, old.transfers))
    execute function core.refuse_change();
create trigger refuse_change_of_done before update on payments_receipt for each row
    when (old.state = 'done' and (new.state, new.key, new.content, new.external_id, new.fn_number, new.fd_number, new.fp)
          is distinct from (old.state, old.key, old.content, old.external_id, old.fn_number, old.fd_number, old.fp))
    execute function core.refuse_change();
-- Another key is given only when the register has refused the one before: else one cause could have two documents.
create trigger refuse_another_key before update on payments_receipt for each row
    when ((new.key is distinct from old.key) <> (new.turn = old.turn + 1) or new.turn not in (old.turn, old.turn + 1))
    execute function core.refuse_change();

insert into payments_receiptseries (id, name) values (1, substr(md5(random()::text || clock_timestamp()::text), 1, 12));
create trigger refuse_change before update or delete on payments_receiptseries
    for each row execute function core.refuse_change();
