"""The sandbox's broker and request logger: takes events, pairs and keeps them, asks detectors about them."""
