SELECT mode, delay_ms, until_at FROM sandbox.outage
