"""Actions: what an operator wishes, as the plan that does it on one host."""
