"""The guard's pure core: observed values → schema → differences → verdict, stdlib only."""
