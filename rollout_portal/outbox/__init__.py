"""The one way anything is sent."""
