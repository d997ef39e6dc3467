-- The schema public in words that a diff can show: one row per line of text, tables by name and what belongs to
-- each below it. From the catalogs, since pg_dump is not among the programs that come with the project.
WITH tables AS (
  SELECT c.oid, c.relname AS name
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '%migrations'
), described AS (
  SELECT t.name, 1 AS part, a.attnum::int AS position,
    format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE
        WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
        WHEN a.attgenerated = 's' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
        WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
        ELSE ''
      END,
      CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END) AS line
  FROM tables t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT t.name, 2, row_number() OVER (PARTITION BY t.oid ORDER BY k.conname)::int,
    format('  CONSTRAINT %s %s', k.conname, pg_get_constraintdef(k.oid))
  FROM tables t
  JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f', 'c')
  UNION ALL
  SELECT t.name, 3, row_number() OVER (PARTITION BY t.oid ORDER BY r.relname)::int,
    format('  %s', pg_get_indexdef(i.indexrelid))
  FROM tables t
  JOIN pg_index i ON i.indrelid = t.oid
  JOIN pg_class r ON r.oid = i.indexrelid
  WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
  UNION ALL
  SELECT t.name, 4, row_number() OVER (PARTITION BY t.oid ORDER BY g.tgname)::int,
    format('  %s', pg_get_triggerdef(g.oid))
  FROM tables t
  JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  -- Who else wants to hear of these tables has functions of its own for that.
  JOIN pg_proc f ON f.oid = g.tgfoid AND f.pronamespace = 'public'::regnamespace
  UNION ALL
  SELECT name, 0, 0, format('TABLE %s', name) FROM tables
)
SELECT line FROM described ORDER BY name COLLATE "C", part, position;
