"""What people see: tables and progress on the terminal (`report`, `views*`), and pictures (`figures*`).

Imports from all rooms but `commands` and `api`. Only `report` speaks Rich, only `figures*` Matplotlib. Look first at
`report`.
"""
