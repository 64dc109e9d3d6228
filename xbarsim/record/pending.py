"""Writes that wait for the next commit."""

from __future__ import annotations


class Pending:
    """Writes in the order they came, found again by where they are.

    HDF5 writes the same blocks of its bookkeeping over and over, and reads some of them back: a write to a place that
    was written before takes the earlier one's place, and a read looks only at the writes near it.
    """

    _BLOCK = 1 << 16

    def __init__(self) -> None:
        self._writes: dict[int, tuple[int, bytes]] = {}  # by number, which grows
        self._number: dict[tuple[int, int], int] = {}  # by offset and length
        self._near: dict[int, dict[int, None]] = {}  # numbers by block, in order
        self._next = 0

    def _blocks(self, low: int, high: int) -> range:
        return range(low // self._BLOCK, (max(high, low + 1) - 1) // self._BLOCK + 1)

    def add(self, offset: int, data: bytes) -> None:
        """Take in a write."""
        place = (offset, len(data))
        blocks = self._blocks(offset, offset + len(data))
        earlier = self._number.pop(place, None)
        if earlier is not None:
            del self._writes[earlier]
            for block in blocks:
                del self._near[block][earlier]
        self._writes[self._next] = (offset, data)
        self._number[place] = self._next
        for block in blocks:
            self._near.setdefault(block, {})[self._next] = None
        self._next += 1

    def all(self) -> list[tuple[int, bytes]]:
        """All writes, (offset, bytes), in order."""
        return list(self._writes.values())

    def over(self, low: int, high: int) -> list[tuple[int, bytes]]:
        """Writes that may touch these bytes, in order."""
        blocks = self._blocks(low, high)
        if len(blocks) == 1:
            return [self._writes[n] for n in self._near.get(blocks[0], ())]
        return [self._writes[n] for n in sorted({n for block in blocks for n in self._near.get(block, ())})]
