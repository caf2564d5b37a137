"""Random changes of whole batches on their device, where torchvision's transforms change one image at a time.

Each file holds one change. It turns an image's uniform numbers into parameters, distributed as those of torchvision's
random transform, and has a pure function with one parameter per image, where torchvision's functional has one for all.
"""
