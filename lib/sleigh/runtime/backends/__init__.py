"""The places to run: one module each, with a class Backend, which place.backend() chooses.

A Backend has the attributes and methods of local.Backend, which is the default. What differs elsewhere is one of them,
never a question of where we are. A new place is one new module here, chosen by its name in SLEIGH_RUNTIME;
cluster and client are chosen by SLEIGH_MASTER.
"""
