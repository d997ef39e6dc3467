SELECT * FROM handovers WHERE handover_id = $1
