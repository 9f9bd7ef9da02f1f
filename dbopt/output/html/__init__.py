"""Pages: plans, and two measurements with their plans. Views are frozen dataclasses made from plans, without markup;
templates/report/ draws them.
"""
