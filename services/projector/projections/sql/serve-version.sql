SELECT projection.serve_version($1) AS done
