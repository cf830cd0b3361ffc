"""What a long run says about where it is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """Where a run is.

    Attributes
    ----------
    title : str
        The step that is running, in words.
    index, total : int
        Its place, from 0, and the number of steps.
    fraction : float
        Share of this step that is done, 0 to 1.
    message : str
        What is being done inside the step; may be empty.
    left : tuple of str
        Titles of the steps that follow.
    note : str
        What a person should read before the step goes on; mostly empty.
    """

    title: str
    index: int
    total: int
    fraction: float = 0.0
    message: str = ""
    left: tuple[str, ...] = ()
    note: str = ""


ProgressListener = Callable[[StepProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Tells a listener about the steps of one run."""

    titles: tuple[str, ...]
    listener: ProgressListener | None = None

    def start(self, title: str) -> Callable[[str, float], None]:
        """Announce a step; return a function that takes (message, fraction) within it."""
        index = self.titles.index(title)

        def tell(message: str, fraction: float) -> None:
            if self.listener is not None:
                self.listener(
                    StepProgress(
                        title=title,
                        index=index,
                        total=len(self.titles),
                        fraction=min(max(fraction, 0.0), 1.0),
                        message=message,
                        left=self.titles[index + 1 :],
                    )
                )

        tell("", 0.0)
        return tell

    def note(self, title: str, text: str) -> None:
        """Tell within a step what a person should read before it goes on."""
        if self.listener is not None:
            index, left = self.titles.index(title), self.titles[self.titles.index(title) + 1 :]
            self.listener(
                StepProgress(title=title, index=index, total=len(self.titles), left=left, note=text)
            )
