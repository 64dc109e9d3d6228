"""What a layout can ask for: frozen descriptions that check themselves once.

- `fields`: a key carries its default, bounds, unit and texts; everything that names keys is made from them.
- One file for each section: `network`, `device` (with `laws`, `staircase`, `plugin`, `device_checks` and
  `device_files`), `array`, `wires`, `iv`, `variation`, `aging`, `neuron`, `sense` (with `ranges`), `pulses`, `gates`,
  `run`; those of the learning rules are in `rules`.
- `maps`: layers as words, and the arrays that they make; `layer_tables`: the long form of layers in files.
- `sections`: their table; `layout`: all of them together, `layout_files`: as files have them; `schemes`: what
  can be compared as a rule.
- `axes`, `refusals`: along what layouts differ, and what does not go together, as data; `oddities`: what goes, and is
  probably not meant.
- `defaults`: what follows from the network, the device and the images; `prospects`: whether what was given can work
- `needs`: what a key needs in order to do something; `idle`: keys that are given and do nothing.
- `short`: descriptions as they show themselves; `words`: a layout in a line, and what of it differs from the defaults;
  `settings`: keys and values as people write them.
- `commented`, `schema`, `reference`, `compatibility`, `typed`: the files that are made from the descriptions;
  `keywords` is one of them.
- `recorded`: values that only run files may give.
- `inference`: which keys act when a trained network is only read.

Imports from `base` and, inside functions, `kernels`. Look first at `fields`, then at a small section, `neuron`.
"""
