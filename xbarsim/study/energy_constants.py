"""Constants of the energy model (`energy_bs`): a default, a range and a source for each, in SI units.

Sources are named by the keys of ``SOURCES``. `seen` means that the default itself was read in a text, code or table
that quotes the source; a default that follows from such numbers says "derived", and what has no source says
"assumption". Many figures come from tools that list the published ones: the file is named, so that they can be checked.
"""

from __future__ import annotations

from typing import NamedTuple


class Constant(NamedTuple):
    """One constant, in SI units."""

    value: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    seen: bool = False


_LIBRARY = "as listed in Accelergy-Project/hwcomponents-library"
SOURCES: dict[str, str] = {
    "Horowitz 2014": (
        "M. Horowitz, ISSCC 2014, 10.1109/ISSCC.2014.6757323, 45 nm, 0.9 V; float32 and 8 kB (10 pJ for 64 bits) as "
        "quoted in Table 3 of PMC8934428, int8 and 1 MB (100 pJ for 64 bits) as quoted in gist "
        "2b6fa61edd4c06d9ffce5551065124c1 of V0XNIHILI"
    ),
    "ISAAC 2016": (
        "Shafiee et al., ISCA 2016, 10.1109/ISCA.2016.12, 32 nm: eight ADCs of 8 bits and 1.2 GS/s at 16 mW, 1024 "
        f"1-bit DACs at 4 mW and 1.2e7 conversions a second; {_LIBRARY} (isaac.py at 19ecd2f)"
    ),
    "PUMA 2019": (
        "puma-simulator of Ankit et al. (ASPLOS 2019), include/constants.py at 04611f2: 0.26 mW for a sigmoid in 1 "
        "ns, named as ISAAC's; 100 ns for a read"
    ),
    "MNSIM 2.0": (
        "thu-nics/MNSIM-2.0, SimConfig.ini at 0073f87, DAC.py at 1044a91, ADC.py at 0cdafc0: ISAAC's 1-bit DAC at "
        "3.9 uW and 1 GS/s, doubled with every bit; ADCs of 6, 8 and 10 bits; a read of 3.16 ns; 1.44 um^2 for a "
        "device"
    ),
    "NeuroSim V2.1": (
        "DNN+NeuroSim V2.1, Param.cpp at 114400a: reads of 0.5 V and 10 ns, ADCs of 64 levels, wires of 40 nm, cells "
        "of 4F x 4F (1T1R) or 2F x 2F"
    ),
    "NeuroSim V3.0": (
        "MLP+NeuroSim V3.0 (Chen and Yu, IEEE Design & Test 2019, 10.1109/MDAT.2018.2890229): manual, Tables I and "
        "II, of published devices; Cell.cpp; Array.h at 553313c, 0.2 fF/um of wire"
    ),
    "NeuRRAM 2022": f"Wan et al., Nature 608, 504, 2022, 130 nm, 1.8 V; {_LIBRARY} (wan.py)",
    "TIMELY 2020": f"Li et al., ISCA 2020, 10.1109/ISCA45697.2020.00073, Table II, 65 nm; {_LIBRARY} (timely.py)",
    "Murmann": (
        "B. Murmann's ADC survey, as listed in Accelergy-Project/accelergy-adc-plug-in (adc_list.csv at 2eef1f2); "
        "energy over 2^(effective bits)"
    ),
    "Satapathy 2023": (
        "Satapathy and Kaur, Circuits Syst. Signal Process. 42, 5108, 2023, 10.1007/s00034-023-02375-6, abstract: 67 "
        "fJ at worst, 65 nm, 1.2 V"
    ),
    "Vodenicarevic 2018": (
        "Vodenicarevic et al., arXiv 1806.09124 (2018), abstract: 20 fJ a bit, superparamagnetic tunnel junctions, "
        "circuit level"
    ),
    "Mathew 2012": "Mathew et al., IEEE J. Solid-State Circuits 47(11), 2012, abstract: 2.9 pJ a bit, 45 nm CMOS",
    "Yao 2020": "Yao et al., Nature 2020, 10.1038/s41586-020-1942-4, Extended Data Fig. 7: read pulses of 0.2 V",
    "Sci. Rep. 2025": (
        "Reconfigurable artificial neuron and synapse enabled through a single alloyed memristor, Scientific Reports "
        "2025, 10.1038/s41598-025-15251-x, Fig. 3: synaptic memristor read at 0.1 V"
    ),
}
"""What the constants' sources are called, and where they are."""

CONSTANTS: dict[str, Constant] = {
    "v_read": Constant(0.2, 0.1, 0.5, "V", "read voltage", "Yao 2020; low: Sci. Rep. 2025; high: NeuroSim V2.1", True),
    "t_read": Constant(
        1e-8, 3.16e-9, 1e-7, "s", "duration of a read",
        "NeuroSim V2.1; low: MNSIM 2.0; high: PUMA 2019", True,
    ),
    "g_factor": Constant(
        1.0, 0.04, 210.0, "1", "factor on the conductances of the run's own devices, 1 uS at most",
        "default: by definition; range: largest conductances in NeuroSim V3.0, 1 / 26 MOhm (Ag:a-Si) to 1 / 4.71 "
        "kOhm (GST)",
    ),
    "v_pulse": Constant(
        1.6, 0.7, 5.0, "V", "programming pulse",
        "NeuroSim V3.0, TaOx/HfOx (W. Wu, VLSI 2018); low: GST; high: EpiRAM", True,
    ),
    "t_pulse": Constant(
        5e-8, 1e-9, 6e-6, "s", "programming pulse",
        "NeuroSim V3.0, TaOx/HfOx (W. Wu, VLSI 2018); low: 2T1F; high: GST", True,
    ),
    "cell_line": Constant(
        3.2e-17, 1.6e-17, 2.4e-16, "F", "capacitance of a line, a cell",
        "derived: 0.2 fF/um (NeuroSim V3.0) times 4F, F = 40 nm (NeuroSim V2.1); low: 2F; high: 1.2 um (MNSIM 2.0)",
    ),
    "driver": Constant(
        3.9e-15, 6.2e-16, 4.2e-13, "J", "a switch that puts a line to a voltage",
        "1-bit DAC of ISAAC 2016 at 1 GS/s (MNSIM 2.0); low: X-subBuf of TIMELY 2020; high: the same DAC at the "
        "1.2e7 conversions a second of ISAAC 2016",
        True,
    ),
    "sense": Constant(
        1.1e-13, 3.7e-14, 1.2e-12, "J", "current-to-voltage stage, a read",
        "derived: integrator of NeuRRAM 2022, 0.25 pJ at 1.8 V, at 1.2 V; low: current adder of TIMELY 2020; high: "
        "sampling in NeuRRAM 2022",
    ),
    "comparator": Constant(
        6.7e-14, 1.9e-14, 3e-13, "J", "a decision",
        "Satapathy 2023; low: a tenth of the cheapest conversion of 9 effective bits in Murmann, 0.19 pJ; high: an "
        "ADC step of NeuRRAM 2022",
        True,
    ),
    "random_bit": Constant(
        2e-14, 1e-15, 2.9e-12, "J", "a noise voltage or random bit",
        "Vodenicarevic 2018; low: assumption, noise that array or comparator have anyway; high: Mathew 2012", True,
    ),
    "adc_step": Constant(
        6.5e-15, 5.7e-16, 1e-13, "J", "ADC, a conversion step (of 2^bits)",
        "ISAAC 2016, 1.67 pJ for 8 bits; low: time-to-digital converter of TIMELY 2020; high: third quartile in "
        "Murmann, 7 to 9.1 effective bits",
        True,
    ),
    "adc_bits": Constant(
        8, 6, 10, "bits", "ADC of the analog system",
        "ISAAC 2016; low: NeuroSim V2.1; high: MNSIM 2.0", True,
    ),
    "carry_bits": Constant(
        6, 4, 8, "bits", "ADC that senses digits at a carry",
        "assumption: the 64 levels of NeuroSim V2.1's ADCs, and of the study's devices; range: 2 bits either way",
    ),
    "dac_step": Constant(
        1.95e-15, 1.5e-16, 1.3e-14, "J", "DAC, a step (of 2^bits)",
        "MNSIM 2.0, 0.5 pJ for 8 bits after ISAAC 2016; low: digital-to-time converter of TIMELY 2020; high: eight "
        "1-bit conversions of 0.42 pJ, ISAAC 2016",
        True,
    ),
    "dac_bits": Constant(
        8, 6, 8, "bits", "DAC of the analog system",
        "MNSIM 2.0, its largest, after ISAAC 2016; low: its next", True,
    ),
    "multiply": Constant(3.7e-12, 2e-13, 3.7e-12, "J", "float32 multiplication; low end: int8", "Horowitz 2014", True),
    "add": Constant(9e-13, 3e-14, 9e-13, "J", "float32 addition; low end: int8", "Horowitz 2014", True),
    "word": Constant(
        5e-12, 1.25e-12, 5e-11, "J", "a 32-bit word from or to memory of 8 kB",
        "Horowitz 2014; low: derived, a byte of it; high: memory of 1 MB", True,
    ),
    "function": Constant(
        2.6e-13, 3e-14, 2.63e-11, "J", "an activation function or its derivative, digital",
        "PUMA 2019, after ISAAC 2016; low: a comparison, as an int8 addition of Horowitz 2014; high: a float32 "
        "division, 7.1 multiplications (PMC8934428)",
        True,
    ),
}  # fmt: skip
"""Default, range, unit, meaning, source."""


def values(**changed: float) -> dict[str, float]:
    """All constants at their defaults, but for `changed`.

    Examples
    --------
    >>> values(v_read=0.1)["v_read"]
    0.1
    """
    return {**{name: c.value for name, c in CONSTANTS.items()}, **changed}
