-- What was agreed to stands as it was shown; only its end is added, once.
create trigger refuse_delete before delete on payments_consent
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on payments_consent
    for each statement execute function core.refuse_change();
create trigger refuse_change before update on payments_consent for each row
    when ((new.account_id, new.purpose, new.cause, new.version, new.language, new.text, new.actor, new.address,
           new.given_at) is distinct from
          (old.account_id, old.purpose, old.cause, old.version, old.language, old.text, old.actor, old.address,
           old.given_at)
          or (old.withdrawn_at is not null and new.withdrawn_at is distinct from old.withdrawn_at))
    execute function core.refuse_change();

-- A token once forgotten never comes back, and a card never moves to another account.
create trigger refuse_delete before delete on payments_boundcard
    for each row execute function core.refuse_change();
create trigger refuse_another_owner before update on payments_boundcard for each row
    when ((new.account_id, new.cause, new.consent_id) is distinct from (old.account_id, old.cause, old.consent_id)
          or old.state = 'unbound' and new.state <> 'unbound'
          or new.token is not null and new.token is distinct from old.token)
    execute function core.refuse_change();

-- An attempt keeps its cause; what has been asked of the bank is not taken back.
create trigger refuse_delete before delete on payments_autopayattempt
    for each row execute function core.refuse_change();
create trigger refuse_another_cause before update on payments_autopayattempt for each row
    when ((new.account_id, new.rule, new.cause, new.turn) is distinct from (old.account_id, old.rule, old.cause, old.turn)
          or old.payment_id is not null and new.payment_id is distinct from old.payment_id
          or old.state in ('paid', 'paid_late', 'dropped') and new.state is distinct from old.state)
    execute function core.refuse_change();
