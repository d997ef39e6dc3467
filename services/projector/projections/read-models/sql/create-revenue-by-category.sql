-- Sold tickets that hold, by category, and within it by area and ticket type. The revenue is that of the tickets
-- alone; fees are those of single tickets. What a whole order is charged belongs to no category.
CREATE TABLE read_models.revenue_by_category_v2 (
  sale_id text NOT NULL,
  category_id text NOT NULL,
  area_id text NOT NULL,
  ticket_type text NOT NULL,
  tickets integer NOT NULL CHECK (tickets >= 0),
  revenue_minor bigint NOT NULL CHECK (revenue_minor >= 0),
  fees_minor bigint NOT NULL CHECK (fees_minor >= 0),
  currency text NOT NULL,
  PRIMARY KEY (sale_id, category_id, area_id, ticket_type)
) WITH (fillfactor = 50)
