-- $1 show, $2 code of a general area, $3 its capacity from now on
UPDATE areas SET capacity = $3 WHERE show_id = $1 AND code = $2 AND kind = 'general'
