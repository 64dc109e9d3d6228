"""Data that ships with xbarsim; README.md in this folder gives origin, licence and checksums."""
