-- A refund is never deleted; whose it is, how much, and what has moved never change.
create trigger refuse_delete before delete on payments_refund
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_refund
    for each statement execute function core.refuse_change();
create trigger refuse_another_owner before update on payments_refund for each row
    when ((new.payment_id, new.account_id, new.channel, new.amount_kop, new.idempotence_key, new.due_on, new.asked_by)
          is distinct from
          (old.payment_id, old.account_id, old.channel, old.amount_kop, old.idempotence_key, old.due_on, old.asked_by))
    execute function core.refuse_change();
create trigger refuse_another_transfer before update on payments_refund for each row
    when (old.transfer_id is not null and (new.transfer_on, new.transfer_id, new.external_id, new."on")
          is distinct from (old.transfer_on, old.transfer_id, old.external_id, old."on"))
    execute function core.refuse_change();
create trigger refuse_change_of_final before update on payments_refund for each row
    when (new.state <> old.state and (old.state = 'succeeded' or old.returned_id is not null))
    execute function core.refuse_change();

-- At most the payment less its earlier refunds, and nothing of a payment taken back: under the payment's lock, so that
-- two at once are one after the other. What the bank gave back by itself is a fact and is always written.
create function payments_check_refund() returns trigger language plpgsql as $$
declare
    paid bigint;
    back bigint;
begin
    if new.asked_by = 'bank' then
        return new;
    end if;
    select amount_kop into paid from payments_payment
        where id = new.payment_id and state = 'succeeded' and account_id = new.account_id for no key update;
    select coalesce(sum(amount_kop), 0) into back from payments_refund
        where payment_id = new.payment_id and state <> 'canceled';
    if paid is null or back + new.amount_kop > paid
        or exists (select from payments_reversal where payment_id = new.payment_id) then
        raise exception 'payment %: % kopecks cannot be refunded, % of % are', new.payment_id, new.amount_kop, back, paid
            using errcode = 'check_violation', constraint = 'payments_refund_at_most_the_payment';
    end if;
    return new;
end $$;
create trigger at_most_the_payment before insert on payments_refund
    for each row execute function payments_check_refund();

-- What was taken back, printed or loaded stands as it was made.
create trigger refuse_change before update or delete on payments_reversal
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_reversal
    for each statement execute function core.refuse_change();
create trigger refuse_change before update or delete on payments_cashorder
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_cashorder
    for each statement execute function core.refuse_change();
create trigger refuse_change before update or delete on payments_bankstatement
    for each row execute function core.refuse_change();

-- A bank's document is never deleted, and what it says never changes; a credited one leaves its payment only when
-- that is taken back as a mistake, and the next payment of it has another name.
create trigger refuse_delete before delete on payments_bankentry
    for each row execute function core.refuse_change();
create trigger refuse_another_document before update on payments_bankentry for each row
    when ((new.key, new.number, new.document_on, new.received_on, new.amount_kop, new.payer_account, new.purpose)
          is distinct from
          (old.key, old.number, old.document_on, old.received_on, old.amount_kop, old.payer_account, old.purpose))
    execute function core.refuse_change();
create trigger refuse_to_leave_its_payment before update on payments_bankentry for each row
    when (old.payment_id is not null and new.payment_id is distinct from old.payment_id and new.turn <= old.turn)
    execute function core.refuse_change();
