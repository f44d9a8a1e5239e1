"""What a reviewer of a pull request needs to know, as one value that `build` makes and `report` tells."""
