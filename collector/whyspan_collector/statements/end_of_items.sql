-- One more than the last item's number.
SELECT coalesce(max(first_item + len(sizes)), 0) FROM packs
