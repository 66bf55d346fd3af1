-- A document once made is never changed: a correction is a new row that names it.
create trigger refuse_change before update or delete on billing_document
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_document
    for each statement execute function core.refuse_change();

-- A number once given is never given again.
create trigger refuse_delete before delete on billing_documentcounter
    for each row execute function core.refuse_change();
create trigger refuse_truncate before truncate on billing_documentcounter
    for each statement execute function core.refuse_change();
