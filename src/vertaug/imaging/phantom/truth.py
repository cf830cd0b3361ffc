from dataclasses import dataclass
@dataclass
class PhantomTruth:
    pass
def make_truth(*a): return PhantomTruth()
