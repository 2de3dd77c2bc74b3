"""Lesson 10: recovery."""
