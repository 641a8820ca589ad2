"""Pure helpers without a model. Imports no room."""
