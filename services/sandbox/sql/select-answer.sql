SELECT digest, answer FROM sandbox.answers WHERE scope = $1 AND key = $2
