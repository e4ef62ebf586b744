"""Who asks."""

import pytest

from understudy.history.asker import asker

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octo",
    "GITHUB_REPOSITORY": "octo/models",
    "GITHUB_WORKFLOW": "release",
    "GITHUB_RUN_ID": "12",
    "GITHUB_TOKEN": "ghs_secret",
}
GITLAB = {
    "GITLAB_CI": "true",
    "GITLAB_USER_LOGIN": "ada",
    "CI_PROJECT_PATH": "ml/models",
    "CI_JOB_NAME": "gate",
    "CI_JOB_ID": "99",
    "CI_JOB_TOKEN": "glcbt-secret",
}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "me@host"),
        (GITHUB, "octo, github octo/models release 12"),
        (GITLAB, "ada, gitlab ml/models gate 99"),
        ({"TF_BUILD": "True"}, "me, azure"),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "a\nb"}, "a b, github"),
    ],
)
def test_who_asks_is_the_job_or_the_user(environment: dict[str, str], said: str) -> None:
    """In one line, and no token in it."""
    assert asker(environment, "me", "host") == said
