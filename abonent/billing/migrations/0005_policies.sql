-- No two discounts of a subscription on one date: one gist index of two ranges, no extension needed.
alter table billing_discount add constraint billing_discount_once_a_date
    exclude using gist (int8range(subscription_id, subscription_id, '[]') with &&, daterange(from_on, to_on) with &&)
    where (state <> 'void');
create trigger refuse_delete before delete on billing_discount
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_discount
    for each statement execute function core.refuse_change();

alter table billing_charge add constraint billing_charge_discount check (discount_kop between 0 and price_kop);
