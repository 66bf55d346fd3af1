-- A payment is never deleted, and what a credited one says of the money never changes.
create trigger refuse_delete before delete on payments_payment
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_payment
    for each statement execute function core.refuse_change();
create trigger refuse_change_of_credited before update on payments_payment
    for each row when (
        old.state = 'succeeded'
        and (new.state, new.account_id, new.channel, new.amount_kop, new.external_id, new."on", new.transfer_on,
             new.transfer_id, new.idempotence_key)
            is distinct from
            (old.state, old.account_id, old.channel, old.amount_kop, old.external_id, old."on", old.transfer_on,
             old.transfer_id, old.idempotence_key)
    )
    execute function core.refuse_change();
create trigger refuse_another_owner before update of account_id, channel, amount_kop, idempotence_key
    on payments_payment for each row
    when ((new.account_id, new.channel, new.amount_kop, new.idempotence_key)
          is distinct from (old.account_id, old.channel, old.amount_kop, old.idempotence_key))
    execute function core.refuse_change();

-- What came from the bank stands as it came.
create trigger refuse_change before update on payments_rawevent
    for each row execute function core.refuse_change();
