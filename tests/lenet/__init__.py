"""LeNet under several rules: ``python -m tests.lenet``, the numbers of docs/convolution.md."""
