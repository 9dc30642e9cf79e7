"""Targets that are URLs: the scheme and the path of a service, where its targets agree."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.manifest.document import Path
from stackctl.manifest.service_schema import ServiceModel, TargetModel

Found = tuple[Path, str, str]


def scheme_and_path(model: ServiceModel) -> tuple[str, str]:
    """Return the scheme and the metrics path of a service: those that its targets have as URLs, or its own."""
    first = next(iter(model.targets or ()), None)
    return of_target(first, model) if first else (model.scheme, model.metrics_path)


def contradictions(path: Path, name: str, model: ServiceModel) -> Iterator[Found]:
    """Yield what URLs among the targets of the service `name`, at `path`, say that the service or others do not."""
    if elsewhere := list(_scraped_elsewhere(path, model)):
        yield from elsewhere
        return
    expected = scheme_and_path(model)
    for index, target in enumerate(model.targets or ()):
        place = (*path, "targets", index)
        url = target.url
        if "scheme" in model.model_fields_set and url.scheme not in ("", model.scheme):
            message = f"the URL has another scheme than the service: `{url.scheme}`, not `{model.scheme}`"
            yield place, message, f"Write `{url.address}`, or remove `scheme`."
        elif "metrics_path" in model.model_fields_set and url.path not in ("", model.metrics_path):
            message = f"the URL has another path than the service: `{url.path}`, not `{model.metrics_path}`"
            yield place, message, f"Write `{url.address}`, or remove `metrics_path`."
        elif (got := of_target(target, model)) != expected:
            message = f"the targets of a service have one scheme and one path: here `{_shown(*got)}`"
            own = f'{name}-{index + 1}: {{targets: ["{url.address}"], scheme: {got[0]}, metrics_path: {got[1]}}}'
            yield place, f"{message}, in the first `{_shown(*expected)}`", f"Make it a service of its own: `{own}`."


def _scraped_elsewhere(path: Path, model: ServiceModel) -> Iterator[Found]:
    """Yield the URLs that `relabel` makes a parameter of, as for an exporter that is asked about them: the exporter
    would be scraped by their scheme and path."""
    if not any(step.target_label == "__address__" for step in model.relabel):
        return
    for index, target in enumerate(model.targets or ()):
        if of_target(target, model) != (model.scheme, model.metrics_path):
            message = "a URL sets how the service is scraped, but `relabel` sends the scrape to another address"
            remedy = (
                "Move the URL to `exporters.blackbox.probes`, or the whole job to `prometheus.extra.scrape_configs`."
            )
            yield (*path, "targets", index), message, remedy


def of_target(target: TargetModel, model: ServiceModel) -> tuple[str, str]:
    """Return the scheme and the path of one target: those of its URL, or the service's."""
    return target.url.scheme or model.scheme, target.url.path or model.metrics_path


def _shown(scheme: str, path: str) -> str:
    return f"{scheme}://...{path}"
