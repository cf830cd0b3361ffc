"""Whether a run computes, keeps or leaves out the strength of a case."""

from dataclasses import replace

from vertaug.case.case_file import StrengthParameters
from vertaug.workflow.chain import (
    ANATOMY,
    FILES,
    KERNELS,
    MEASURE,
    PLAN,
    READ,
    REPORT,
    STRENGTH,
    Chain,
)
from vertaug.workflow.progress import Reporter
from vertaug.workflow.strength_choice import StrengthChoice, choice_of

_ALL = (READ, KERNELS, ANATOMY, MEASURE, PLAN, STRENGTH, FILES, REPORT)
_ADDED = (MEASURE, PLAN, KERNELS, STRENGTH, FILES, REPORT)


def keep_strength(chain: Chain, before: StrengthParameters | None) -> Chain:
    """Return the chain with the strength of an older case, if its stored result still fits."""
    if before is None:
        return chain
    kept = _with_strength(chain, choice_of(before), _ALL)
    path = chain.store.path("strength", kept.strength_key or "")
    return kept if path.is_file() else chain


def want_strength(chain: Chain, choice: StrengthChoice) -> Chain:
    """Return the chain that computes the strength."""
    return _with_strength(chain, choice, _ADDED)


def _with_strength(chain: Chain, choice: StrengthChoice, titles: tuple[str, ...]) -> Chain:
    reporter = Reporter(titles=titles, listener=chain.reporter.listener)
    return replace(chain, strength=choice, reporter=reporter)
