UPDATE handovers SET tell_at = NULL WHERE handover_id = $1
