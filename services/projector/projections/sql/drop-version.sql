SELECT projection.drop_version($1) AS done
