SELECT iv, encrypted_key AS "encryptedKey", sale_id AS "saleId", order_id AS "orderId", buyer_id AS "buyerId"
FROM event_store.passing_keys LIMIT $1
