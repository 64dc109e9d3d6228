"""Events whose pulse lines nobody looks at."""
