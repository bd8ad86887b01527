"""What is wrong with an Experiment's spec.

Sentences about templates are those of Argo Rollouts: people look for them.
"""

from serinus.api.experiment import Experiment

_DEADLINE = 600


def progress_deadline(experiment: Experiment) -> int:
    """After how many seconds a fleet that is not available has failed."""
    deadline = experiment.spec.progress_deadline_seconds
    return _DEADLINE if deadline is None else deadline


def problem(experiment: Experiment) -> str:
    """The first thing that is wrong; empty when nothing is."""
    if experiment.spec.seconds is not None and experiment.spec.seconds < 0:
        return f"spec.duration: {experiment.spec.duration!r} is not a duration: write seconds, or text such as 5m"
    names: set[str] = set()
    for index, template in enumerate(experiment.spec.templates):
        if template.selector.is_empty:
            return f"This experiment is selecting all pods at index {index}. A non-empty selector is required."
        if template.min_ready_seconds > progress_deadline(experiment):
            return f"MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index {index}"
        if not template.name:
            return f"Experiment {experiment.name} has empty template name at index {index}"
        if template.name in names:
            return f"Experiment {experiment.name} has repeated template name '{template.name}' in templates"
        names.add(template.name)
    return _of_analyses(experiment)


def _of_analyses(experiment: Experiment) -> str:
    names: set[str] = set()
    for index, analysis in enumerate(experiment.spec.analyses):
        if not analysis.name:
            return f"Experiment {experiment.name} has empty analysis name at index {index}"
        if analysis.name in names:
            return f"Experiment {experiment.name} has repeated analysis name '{analysis.name}' in analyses"
        names.add(analysis.name)
    return ""
