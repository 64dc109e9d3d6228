"""Rule ``stochastic``: gradient descent by pulse trains (Gokmen & Vlasov 2016)."""

from __future__ import annotations

from .gradient import Gradient, Trains, plain_network
from .rule import RuleDescription

RULE = RuleDescription(
    name="stochastic",
    text="gradient descent by random pulse trains whose coincidences are pulses (Gokmen & Vlasov 2016)",
    shared=(Gradient, Trains),
    methods=True,
    clipped=lambda layout: layout.gradient.hidden_neuron == "hard-sigmoid",
    falls=lambda layout: layout.gradient.gradient_rate_end != 1.0,
    batched=lambda layout: False,
    network=plain_network,
    read_by=("hidden_neuron",),
    variant=lambda layout: f"rate {layout.gradient.gradient_rate:g}, method {layout.pulses.method}",
)
