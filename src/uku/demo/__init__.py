"""The demo: a believable firm, the main job run through the web pages, and its outcome checked."""
