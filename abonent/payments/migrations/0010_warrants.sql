-- What was asked stays as it was asked; what was decided stays decided: nothing is done twice. None is ever deleted.
create trigger refuse_another_ask before update on payments_warrant for each row
    when ((new.account_id, new.verb, new.params, new.amount_kop, new.seen, new.why, new.token, new.asked_by, new.asked_at,
           new.expires_at)
          is distinct from
          (old.account_id, old.verb, old.params, old.amount_kop, old.seen, old.why, old.token, old.asked_by, old.asked_at,
           old.expires_at))
    execute function core.refuse_change();
create trigger refuse_change_of_decided before update on payments_warrant for each row
    when (old.state <> 'waiting') execute function core.refuse_change();
create trigger refuse_delete before delete on payments_warrant
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_warrant
    for each statement execute function core.refuse_change();

-- Cash comes out of a drawer that somebody counts. Of orders before this one nothing is said: hence not valid.
alter table payments_cashorder add constraint payments_cashorder_out_of_a_drawer
    check (kind = 'in' or shift_id is not null) not valid;
