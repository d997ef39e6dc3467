UPDATE projection.contact_keys SET encrypted_key = NULL, erased_at = now()
WHERE buyer_id = $1 AND encrypted_key IS NOT NULL
