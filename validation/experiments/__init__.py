"""Experiments: questions about the models, answered by runs, and claims, whose answer theory predicts.

What an experiment is stands in `experiment`; `catalogue` lists all of them, which are folders by subject;
`running` runs and keeps them, `findings` reads quantities off the data, `figure` and `page` show them, and
`checking` and `report` lay what theory predicts beside what was measured.
"""
