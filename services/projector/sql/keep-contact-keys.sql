-- Who has it may be known only when it comes again; an erased one stays erased.
INSERT INTO projection.contact_keys AS kept (iv, encrypted_key, sale_id, order_id, buyer_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (iv) DO UPDATE
  SET sale_id = excluded.sale_id, order_id = excluded.order_id, buyer_id = excluded.buyer_id
  WHERE kept.order_id IS NULL AND excluded.order_id IS NOT NULL
