"""A sample's way through the network, up and down.

- `hardware`: the stages of the way through the hardware of Lim et al. (2019); rules take them over by name
- `gradient`: the same where weights follow a gradient: sigmoids, errors in proportion
- `towards`: outputs of other weights as what is learned, in place of classes
- `neuron`: the hard sigmoid, its derivative, the output error
- `room`: the working memory of a way

Imports from `circuit` and `base`. Look first at `hardware`.
"""
