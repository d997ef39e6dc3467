-- The box office looks an order up by its number, or by any words of the customer's name or e-mail address,
-- each from its beginning. Word search rather than trigrams: three index entries per customer instead of
-- about fifty, since customers are written by the thousand on the day of a big sale, and it needs no
-- extension.
SET LOCAL lock_timeout = '5s';

-- Punctuation becomes space, because PostgreSQL's parser would keep an address as one word, and what it makes
-- of a typographic apostrophe depends on the locale of the database.
ALTER TABLE customers ADD COLUMN words tsvector
  GENERATED ALWAYS AS (
    to_tsvector('simple', translate(name || ' ' || email,
      '@.-_+/:;,!?#$%&*=^`~|\<>()[]{}''"’‘“”«»‹›–—·', repeat(' ', 60)))
  ) STORED;
CREATE INDEX customers_by_words ON customers USING gin (words);

CREATE INDEX orders_by_number_prefix ON orders (number text_pattern_ops);
