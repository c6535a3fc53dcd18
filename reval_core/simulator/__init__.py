"""The GMC and TIS over real HTTP, with invented people: for the demo, the tests and the scenarios."""
