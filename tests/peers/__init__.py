"""The same networks in aihwkit: what it gave (`aihwkit.json`), the script that asked it, and a table of both."""
