"""Lesson 17: alerts."""
