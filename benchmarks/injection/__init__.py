"""How far a judge can be talked into passing a bad answer, with the fence and without."""
