SELECT FROM sandbox.outage
