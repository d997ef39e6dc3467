SELECT iv, encrypted_key AS "encryptedKey" FROM projection.contact_keys WHERE iv = ANY ($1::text[])
