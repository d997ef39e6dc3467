UPDATE handovers SET tell_at = now() + make_interval(secs => $2 / 1000.0) WHERE handover_id = $1
