"""Array layouts that ship with xbarsim, as commented TOML files."""
