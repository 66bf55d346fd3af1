update moving_lines m set line_id = l.id
from (
    select contract_id, premises_id, segment, min(id) as id from subscribers_line group by 1, 2, 3
) l
where l.contract_id = m.contract_own_id and l.premises_id is not distinct from m.premises_id and l.segment = m.segment;

update moving_lines set line_id = nextval(pg_get_serial_sequence('subscribers_line', 'id')), is_new = true
where line_id is null;

insert into subscribers_line (id, contract_id, premises_id, segment)
select line_id, contract_own_id, premises_id, segment from moving_lines where is_new order by line_id;
