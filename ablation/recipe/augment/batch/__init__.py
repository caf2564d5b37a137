"""Random changes of whole batches on their device: what torchvision's transforms do to one image at a time.

Each file holds one idea: how an image's uniform numbers become parameters, as torchvision's random transforms would
draw them, and a pure function that takes a parameter for each image, as torchvision's functionals take one for all.
"""
