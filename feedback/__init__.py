"""Surveys, answers, and reports of problems."""
