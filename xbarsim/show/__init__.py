"""What people see: tables (`report`, `summary`, `views*`) and progress (`progress`) on the terminal, and pictures
(`figures*`, with `figures_style`; `picked`: bins and pairs that are shown).

Imports from all rooms but `commands` and `api`. Only `report` and `progress` speak Rich, only `figures*` Matplotlib.
Look first at `report`.
"""
