"""Slow and obvious twins of the kernels, written from the physics and not from the kernels.

Plain Python: lists, loops and float32 scalars. Every public kernel has a twin of the same name here, but the arguments
are lists and objects instead of buffers. Nothing is imported from xbarsim.

A network here has no engines: a pair is two conductances, and a pulse is an evaluation of the device's equation. Where
devices differ, a pair also has two scales; its conductances are nominal, and reads see the scaled ones.

The twins live in the rooms of what they are twins of (`naive*.py`); here all are found by name. Where two have one
name, it is the first one's here, and the other is imported from its room.
"""

from __future__ import annotations

from .kernels import naive_batch, naive_train
from .kernels.base import naive as naive_base
from .kernels.base import naive_noise, naive_quick, naive_trains
from .kernels.circuit import naive as naive_read
from .kernels.circuit import (
    naive_curve,
    naive_gates,
    naive_known,
    naive_managed,
    naive_real,
    naive_sense,
    naive_slices,
    naive_verify,
    naive_wired,
    naive_wires,
)
from .kernels.device import naive as naive_device
from .kernels.device import naive_climbs, naive_moves
from .kernels.pair import naive as naive_pair
from .kernels.pair import naive_lasting, naive_refresh, naive_scatter
from .kernels.path import naive as naive_path
from .kernels.path import naive_kernels as naive_path_kernels
from .kernels.reads import naive as naive_reads_of_trains
from .kernels.way import naive as naive_way
from .kernels.way import naive_gradient, naive_towards
from .rules.bs import naive as naive_bits
from .rules.bs import naive_carry, naive_digits, naive_loop, naive_reads
from .rules.crus import naive as naive_crus
from .rules.crus import naive_loop as naive_crus_loop
from .rules.crus import naive_update_noise
from .rules.imported import naive as naive_imported
from .rules.mixed_precision import naive as naive_mixed_precision
from .rules.mixed_precision import naive_loop as naive_sums_loop
from .rules.mixed_precision import naive_sums
from .rules.sign import naive as naive_pulses
from .rules.software import naive as naive_software
from .rules.software import naive_backprop
from .rules.stochastic import naive as naive_stochastic
from .rules.stochastic import naive_kernels as naive_stochastic_kernels
from .rules.stochastic import naive_loop as naive_stochastic_loop
from .rules.tiki_taka import naive as naive_tiki_taka
from .rules.tiki_taka import naive_kernels as naive_fast_slow
from .rules.tiki_taka import naive_loop as naive_fast_slow_loop

TWINS = (
    *(naive_base, naive_noise, naive_device, naive_pair, naive_read, naive_way, naive_pulses, naive_train, naive_batch),
    *(
        naive_software,
        naive_wires,
        naive_wired,
        naive_sense,
        naive_real,
        naive_gates,
        naive_managed,
        naive_known,
        naive_curve,
        naive_slices,
    ),
    *(naive_bits, naive_carry, naive_loop, naive_reads, naive_backprop),
    *(naive_crus, naive_update_noise, naive_crus_loop),
    *(naive_quick, naive_moves, naive_climbs, naive_scatter, naive_refresh, naive_lasting, naive_digits),
    naive_reads_of_trains,
    *(naive_trains, naive_gradient, naive_stochastic, naive_stochastic_kernels, naive_stochastic_loop),
    *(naive_towards, naive_tiki_taka, naive_fast_slow, naive_fast_slow_loop, naive_mixed_precision),
    *(naive_sums, naive_sums_loop, naive_imported, naive_verify, naive_path, naive_path_kernels),
)
for _module in TWINS:
    for _name, _twin in vars(_module).items():
        globals().setdefault(_name, _twin)
