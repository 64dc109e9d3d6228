"""What people see: tables (`report`, `views*`) and progress (`progress`) on the terminal, and pictures (`figures*`).

Imports from all rooms but `commands`. Only `report` and `progress` speak Rich, only `figures*` Matplotlib. Look
first at `report`.
"""
