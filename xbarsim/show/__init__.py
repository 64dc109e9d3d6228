"""What people see: tables and progress on the terminal (`report`, `summary`, `views*`), and pictures (`figures*`, with
`figures_style`; `picked`: bins and pairs that are shown).

Imports from all rooms but `commands`. Only `report` speaks Rich, only `figures*` Matplotlib. Look first at `report`.
"""
