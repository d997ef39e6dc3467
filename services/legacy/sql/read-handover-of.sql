SELECT * FROM handovers WHERE reference = $1
