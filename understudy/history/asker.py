"""Who asks, as far as the environment of a job tells: never a secret. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from ground.printable import blanked


class _Ci(NamedTuple):
    """A CI system: the variable that it alone sets, and those that tell whose job it is and which one."""

    name: str
    sign: str
    by: str
    of: tuple[str, ...]


# From each system's reference of predefined variables.
_SYSTEMS = (
    _Ci("github", "GITHUB_ACTIONS", "GITHUB_ACTOR", ("GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_RUN_ID")),
    _Ci("gitlab", "GITLAB_CI", "GITLAB_USER_LOGIN", ("CI_PROJECT_PATH", "CI_JOB_NAME", "CI_JOB_ID")),
    _Ci("jenkins", "JENKINS_URL", "BUILD_USER_ID", ("JOB_NAME", "BUILD_NUMBER")),
    _Ci("circleci", "CIRCLECI", "CIRCLE_USERNAME", ("CIRCLE_PROJECT_REPONAME", "CIRCLE_JOB", "CIRCLE_BUILD_NUM")),
    _Ci("buildkite", "BUILDKITE", "BUILDKITE_BUILD_CREATOR", ("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER")),
    _Ci("azure", "TF_BUILD", "BUILD_REQUESTEDFOR", ("SYSTEM_TEAMPROJECT", "BUILD_DEFINITIONNAME", "BUILD_BUILDID")),
)


def asker(environment: Mapping[str, str], user: str, host: str) -> str:
    """A job of a known CI system; else the user at the host."""
    system = next((each for each in _SYSTEMS if environment.get(each.sign)), None)
    if system is None:
        return blanked(f"{user}@{host}")
    job = " ".join(text for name in system.of if (text := environment.get(name, "")))
    by = environment.get(system.by, "") or user
    return blanked(f"{by}, {system.name} {job}".rstrip())
