"""What the rules of alerts look at in the database and around it, and what they find there. None changes anything."""
