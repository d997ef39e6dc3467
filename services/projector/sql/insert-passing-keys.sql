INSERT INTO event_store.passing_keys (iv, encrypted_key, sale_id, order_id, buyer_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (iv) DO NOTHING
