"""The opinions that a page of the meta-audit looks at, read once a request."""

from django.http import HttpRequest

from auditing.metaaudit.selectors import Evidence, evidence, with_reference
from auditing.web.metaaudit.forms import RubricFilter
from auditing.web.metaaudit.subjects import Subject
from auditing.web.policy import person


def seen_by(request: HttpRequest, subject: Subject) -> Evidence:
    """Everybody's opinions, the reference labels among them. A batch's scales are those of `?rubric=`."""
    if subject.audit:
        return evidence(batch=subject.batch, audit=subject.audit)
    version = RubricFilter.of(request, user=person(request)).value("rubric")
    return with_reference(evidence(batch=subject.batch, rubric=version.spec if version else None))
