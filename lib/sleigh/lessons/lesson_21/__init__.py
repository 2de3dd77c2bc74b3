"""Lesson 21: routes as a graph."""
