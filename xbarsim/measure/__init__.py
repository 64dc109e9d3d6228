"""From measured pulse curves to a device.

Files are opened through limits (`files`) and become grids (`formats`, `layout`, `sheets`, `arc`); grids become columns
with a meaning (`columns`, `beside`), in siemens (`siemens`); columns become trains on the grid of their pulses
(`grids`, `numbers`, `trains`, `turns`, `gaps`), and these a measurement (`measured`, `measurement`). One polarity is
made ready (`prepare`, `noises`), a law is fitted to it by maximum likelihood (`model`, `seed`, `posterior`, `search`,
`likelihood`) and put into siemens (`side`, `alike`); both together are a device (`fit`, `restate`, `redrawn`, `fitted`,
`device_file`), or a table of steps (`table`, `states`). `nonlinearity` translates between the labels of the literature.

Imports from `describe`, `base` and the kernels. Look first at `measured` for the way in, at `fit` for the way out.
"""
