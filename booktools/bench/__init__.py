"""Measure what building costs on this machine: ``python -m booktools.bench``.

Each step works in a copy of the files that git tracks, with a cache of its own: nothing is left
over from earlier builds, and nothing is changed here but ``_build/bench.json``.
"""
