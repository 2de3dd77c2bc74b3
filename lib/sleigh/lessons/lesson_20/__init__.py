"""Lesson 20: weather from outside."""
