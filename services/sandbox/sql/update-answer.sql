UPDATE sandbox.answers SET answer = $3 WHERE scope = $1 AND key = $2
