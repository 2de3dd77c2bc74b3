"""Figures of the lessons: functions of plain data that return plotly figures, one module a lesson."""
