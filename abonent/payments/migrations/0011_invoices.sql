-- What was set off stands: never more than the payment in all, only against invoices of the payer's own contract.
create function payments_check_invoice_offset() returns trigger language plpgsql as $$
declare
    paid payments_payment;
    used bigint;
begin
    select * into paid from payments_payment where id = new.payment_id for no key update;
    select coalesce(sum(amount_kop), 0) into used from payments_invoiceoffset where payment_id = new.payment_id;
    if paid.state <> 'succeeded' or used + new.amount_kop > paid.amount_kop then
        raise exception 'payment %: % kopecks cannot be set off, % of % are', new.payment_id, new.amount_kop, used,
            paid.amount_kop using errcode = 'check_violation', constraint = 'payments_invoiceoffset_at_most_the_payment';
    end if;
    if not exists (
        select from billing_document d join ledger_account a on a.contract_id = d.contract_id
        where d.id = new.invoice_id and d.kind = 'invoice' and d.correction = 0 and a.id = paid.account_id
    ) then
        raise exception 'payment %: document % is no invoice of its contract', new.payment_id, new.invoice_id
            using errcode = 'check_violation', constraint = 'payments_invoiceoffset_own_invoice';
    end if;
    return new;
end $$;
create trigger at_most_the_payment before insert on payments_invoiceoffset
    for each row execute function payments_check_invoice_offset();
create trigger refuse_change before update or delete on payments_invoiceoffset
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_invoiceoffset
    for each statement execute function core.refuse_change();
