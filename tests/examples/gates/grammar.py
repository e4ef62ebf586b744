"""What consumers' documentation says of the fields that our manifests use: names, types, and which must be there.

Only what we use is here; a field that is not is refused, so that a misspelt one is found.
"""

import re
from collections.abc import Iterator
from typing import Any

Shape = Any  # a type; a pattern of a text; alternatives in a tuple; a list of one shape; a table by name

DURATION = re.compile(r"([0-9]+(ms|s|m|h))+")  # Go's time.ParseDuration
PERIOD = re.compile(r"[0-9]+ (minutes|hours)")  # GitLab's
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # RFC 1123, of Kubernetes
HTTP_URL = re.compile(r"https?://\S+")
METADATA = {"name": NAME, "namespace": NAME}


def wrong(found: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """Where it is not of this shape, in words. A name that ends in `?` may be left out."""
    if isinstance(shape, tuple):
        if all([*wrong(found, each, at)] for each in shape):
            yield f"{at}: {found!r} is none of {shape}"
    elif isinstance(shape, re.Pattern):
        if not isinstance(found, str) or not shape.fullmatch(found):
            yield f"{at}: {found!r} does not match {shape.pattern}"
    elif isinstance(shape, dict):
        yield from _wrong_table(found, shape, at)
    elif isinstance(shape, list):
        if not isinstance(found, list) or not found:
            yield f"{at}: expected a list"
            return
        for place, each in enumerate(found):
            yield from wrong(each, shape[0], f"{at}[{place}]")
    elif isinstance(shape, type):
        if type(found) is not shape:
            yield f"{at}: {found!r} is no {shape.__name__}"
    elif found != shape:
        yield f"{at}: {found!r} is not {shape!r}"


def _wrong_table(found: Any, shape: dict[str, Shape], at: str) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{at}: expected a table"
        return
    known = {name.rstrip("?"): each for name, each in shape.items()}
    for name in found.keys() - known.keys():
        yield f"{at}.{name}: there is no such field"
    for name in shape:
        if not name.endswith("?") and name not in found:
            yield f"{at}.{name}: is missing"
    for name in found.keys() & known.keys():
        yield from wrong(found[name], known[name], f"{at}.{name}")


# ---- Argo Rollouts: docs/features/analysis.md, docs/features/specification.md, docs/analysis/web.md

_ARGO_FROM = {"secretKeyRef?": {"name": NAME, "key": str}, "podTemplateHashValue?": ("Stable", "Latest")}
_ARGO_ARGUMENT = {"name": str, "value?": str, "valueFrom?": _ARGO_FROM}
ANALYSIS_TEMPLATE = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AnalysisTemplate",
    "metadata": METADATA,
    "spec": {
        "args": [_ARGO_ARGUMENT],
        "metrics": [
            {
                "name": str,
                "interval": DURATION,
                "count": int,
                "inconclusiveLimit": int,
                "consecutiveSuccessLimit": int,
                "consecutiveErrorLimit": int,
                "successCondition": str,
                "failureCondition": str,
                "provider": {
                    "web": {
                        "url": HTTP_URL,
                        "timeoutSeconds": int,
                        "headers": [{"key": str, "value": str}],
                        "jsonPath?": re.compile(r"\{\$.*\}"),
                    }
                },
            }
        ],
    },
}
_ARGO_STEP = (
    {"setWeight": int},
    {"setCanaryScale": {"replicas": int}},
    {"setCanaryScale": {"matchTrafficWeight": bool}},
    {"pause": {"duration?": DURATION}},
    {"analysis": {"templates": [{"templateName": NAME}], "args": [_ARGO_ARGUMENT]}},
)
ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": METADATA,
    "spec": {
        "replicas": int,
        "selector": {"matchLabels": dict},
        "template": {"metadata": {"labels": dict}, "spec": {"containers": list}},
        "strategy": {
            "canary": {
                "canaryService": NAME,
                "stableService": NAME,
                "trafficRouting": {"nginx": {"stableIngress": NAME}},
                "steps": [_ARGO_STEP],
            }
        },
    },
}

# ---- Flagger: docs/gitbook/usage/webhooks.md, docs/gitbook/usage/how-it-works.md

_FLAGGER_HOOK = {
    "name": str,
    "type": (
        "rollout", "pre-rollout", "post-rollout", "confirm-rollout", "confirm-traffic-increase", "confirm-promotion",
        "rollback", "event",
    ),
    "url": HTTP_URL,
    "timeout": DURATION,
    "metadata": {"candidate": str, "policy": str, "grace_s?": str},  # text, whatever it says
}  # fmt: skip
CANARY = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "Canary",
    "metadata": METADATA,
    "spec": {
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
        "service": {"port": int},
        "analysis": {
            "interval": DURATION,
            "threshold": int,
            "maxWeight": int,
            "stepWeight": int,
            "webhooks": [_FLAGGER_HOOK],
        },
    },
}

# ---- Kargo: the references of promotion templates and of the step `http`

_NAMED = {"name": str, "value": str}
_KARGO_STEP = (
    {
        "uses": "http",
        "as": NAME,
        "retry": {"timeout": DURATION, "errorThreshold": int},
        "config": {
            "method": ("GET", "POST"),
            "url": HTTP_URL,
            "queryParams": [_NAMED],
            "headers": [_NAMED],
            "timeout": DURATION,
            "pollInterval": DURATION,
            "successExpression": str,
            "failureExpression": str,
            "errorExpression": str,
            "outputs": [{"name": str, "fromExpression": str}],
        },
    },
    {"uses": "argocd-update", "config": {"apps": [{"name": NAME}]}},
)
STAGE = {
    "apiVersion": "kargo.akuity.io/v1alpha1",
    "kind": "Stage",
    "metadata": METADATA,
    "spec": {
        "requestedFreight": [{"origin": {"kind": "Warehouse", "name": NAME}, "sources": {"stages": [NAME]}}],
        "promotionTemplate": {"spec": {"steps": [_KARGO_STEP]}},
    },
}

# ---- GitOps Promoter: docs/gating-promotions/built-in-gates/web-request-commit-status

_EXPRESSION = {"expression": str}
WEB_REQUEST = {
    "apiVersion": "promoter.argoproj.io/v1alpha1",
    "kind": "WebRequestCommitStatus",
    "metadata": METADATA,
    "spec": {
        "promotionStrategyRef": {"name": NAME},
        "key": re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"),
        "reportOn": ("proposed", "active"),
        "descriptionTemplate": str,
        "urlTemplate": str,
        "httpRequest": {
            "urlTemplate": str,
            "methodTemplate": ("GET", "POST", "PUT", "PATCH"),
            "timeout": DURATION,
            "authentication": {"bearer": {"secretRef": {"name": NAME, "key?": str}}},
        },
        "success": {"when": {"variables": _EXPRESSION, "expression": str, "output": _EXPRESSION}},
        "mode": {"polling": {"interval": DURATION}},
    },
}
STRATEGY = {
    "apiVersion": "promoter.argoproj.io/v1alpha1",
    "kind": "PromotionStrategy",
    "metadata": METADATA,
    "spec": {
        "gitRepositoryRef": {"name": NAME},
        "environments": [{"branch": str, "proposedCommitStatuses?": [{"key": str}]}],
    },
}

# ---- GitHub's workflow syntax, GitLab's CI/CD YAML syntax

_GITHUB_STEP = (
    {"uses": re.compile(r"[\w-]+/[\w-]+@v\d+"), "name?": str, "if?": str, "with?": dict},
    {"name": str, "run": str, "if?": str},
)
WORKFLOW = {
    "name": str,
    "on": {"workflow_dispatch": {"inputs": {"version": {"description": str, "required": bool, "type": "string"}}}},
    "jobs": {
        "gate": {
            "runs-on": [str],
            "timeout-minutes": int,
            "permissions": {"contents": "read"},
            "env": dict,
            "steps": [_GITHUB_STEP],
        }
    },
}
GITLAB = {
    "gate": {
        "stage": str,
        "image": str,
        "tags": [str],
        "timeout": PERIOD,
        "variables": {"CANDIDATE": str, "VERSION": str, "WAIT_S": str},
        "rules": [{"if": str}],
        "before_script": [str],
        "script": [str],
        "artifacts": {"when": ("always", "on_success", "on_failure"), "reports": {"junit": str}},
    }
}
