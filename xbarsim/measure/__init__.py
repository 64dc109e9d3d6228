"""From measured pulse curves to a device.

Files are opened through limits (`files`) and become grids (`formats`, `layout`, `sheets`, `arc`); grids become columns
with a meaning (`columns`, `beside`), in siemens (`siemens`); columns become trains on the grid of their pulses
(`grids`, `numbers`, `trains`, `turns`, `gaps`), and these a measurement (`measured`, `measurement`). One polarity is
made ready (`prepare`), a law is fitted to it by maximum likelihood (`model`, `noises`, `newton`, `likelihood`) and put
into siemens (`side`); both together are a device (`fit`, `restate`, `fitted`, `device_file`), or a table of steps
(`table`). `nonlinearity` translates between the labels of the literature.

Imports from `describe` and `base`. Look first at `measured` for the way in, at `fit` for the way out.
"""
