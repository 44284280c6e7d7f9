"""What the pages are made of. Everything here takes records and shows them; nothing here asks the store."""
