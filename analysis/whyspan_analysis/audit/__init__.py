"""What was done, by whom, and who agreed.

What runs did outside of themselves, what guards and people said to it, and what people did about rules, incidents and verdicts. Built
from what is stored whenever it is asked; nothing of it is stored a second time.
"""
