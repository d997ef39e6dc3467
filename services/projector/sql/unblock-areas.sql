-- $1 show. All areas of a draft are defined anew when one of them is: nothing of them is blocked any more.
UPDATE areas SET blocked = 0 WHERE show_id = $1 AND blocked > 0
