SELECT count(*)::integer AS count FROM projection.versions WHERE state <> 'retired'
