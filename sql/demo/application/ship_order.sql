-- An order leaves the house. Needs: UPDATE.
UPDATE orders SET status = 'shipped', shipped_at = %(day)s WHERE number = %(number)s AND status = 'open'
