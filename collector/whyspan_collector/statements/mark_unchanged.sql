UPDATE traces SET changed = false WHERE changed
