"""Ways to reach a verdict, one class a file, behind `judges.contracts.Architecture`."""
