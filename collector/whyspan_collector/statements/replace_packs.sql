UPDATE packs SET sizes = swept.sizes, stored = swept.stored FROM swept WHERE packs.first_item = swept.first_item
