"""What people see: tables and progress on the terminal (`report`, `views*`), and pictures (`figures*`)."""
