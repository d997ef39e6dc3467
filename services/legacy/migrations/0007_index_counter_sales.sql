-- Orders that came over the bus are summed up in read_models (projector): the pages count only what is sold the old way.
SET LOCAL lock_timeout = '5s';

CREATE INDEX orders_sold_here ON orders (show_id) INCLUDE (status, total_minor) WHERE payment_method <> 'onsale';
