"""Rules that a schema cannot express: how the parts of a manifest fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.component import MOST_INSTANCES, Component
from stackctl.components.grafana import OwnDatasourceSettings, default_uid
from stackctl.components.release import image_version
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import component_containers, external, kubernetes, routing, target_urls
from stackctl.manifest.contracts import contradictions, inline_place
from stackctl.manifest.document import Document, Path
from stackctl.manifest.fields import split_address
from stackctl.manifest.schema import Manifest
from stackctl.manifest.service_schema import ContractModel, ServiceModel
from stackctl.manifest.validate import show_path
from stackctl.model import Scrape
from stackctl.promql import duration

# A server that listens there listens on all addresses of the machine, or on all of IPv4.
_EVERY_ADDRESS, _EVERY_IPV4 = "::", "0.0.0.0"  # noqa: S104 - read, not bound


def crosscheck(document: Document, manifest: Manifest) -> list[Diagnostic]:
    """Every contradiction in a manifest that is valid part by part."""
    found = [
        *_something_to_monitor(manifest),
        *external.contradictions(manifest),
        *kubernetes.contradictions(manifest),
        *_exporter_names(manifest),
        *_job_names(manifest),
        *_scrapes(manifest),
        *_services_of_components(manifest),
        *_container_names(manifest),
        *_containers_out_of_reach(manifest),
        *_component_containers(manifest),
        *_listen_addresses(manifest),
        *_names_for_version_3(manifest),
        *_datasources(manifest),
        *_panel_interval(manifest),
        *(routing.contradictions(manifest.alertmanager) if manifest.alertmanager else ()),
        *(problem for name, service in manifest.services.items() for problem in _service(manifest, name, service)),
    ]
    return [_place(document, path, message, remedy) for path, message, remedy in found]


Found = tuple[Path, str, str]


def _place(document: Document, path: Path, message: str, remedy: str) -> Diagnostic:
    shown = show_path(path)
    return Diagnostic(
        "manifest.conflict",
        f"{shown}: {message}" if shown else message,
        document.position(path, key=True),
        remedy=remedy,
    )


@dataclass(frozen=True)
class Declared:
    """A component that the manifest declares, with its settings and their place.

    `kind` is the name that the component has in the registry, "" for an exporter that stackctl does not know.
    """

    component: Component
    path: Path
    settings: Any
    kind: str

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def scrape(self) -> Scrape | None:
        """Its scrape, None where it is not scraped."""
        own = self._scrape_settings
        if not getattr(own, "enabled", True):
            return None
        path = getattr(own, "metrics_path", self.component.metrics_path)
        return Scrape(own.job or self.name, own.scrape_interval, own.scrape_timeout, path)

    @property
    def job(self) -> str:
        """The name of its scrape job, "" where it is not scraped."""
        return self.scrape.job if self.scrape else ""

    @property
    def scrape_path(self) -> Path:
        """The place of what the manifest says of its scrape."""
        return self.path if self._scrape_settings is self.settings else (*self.path, "scrape")

    @property
    def _scrape_settings(self) -> Any:
        return getattr(self.settings, "scrape", self.settings)

    @property
    def listen(self) -> tuple[str, int]:
        """Host and port on this machine, of one that the stack runs."""
        given = self.settings.listen
        return split_address(given) if given else (c.LOOPBACK, self.component.port)


def declared(manifest: Manifest) -> Iterator[Declared]:
    """Yield every component that the manifest declares, in the order in which they are listed.

    An exporter that has the name of another component is none: what is left of the manifest is rendered without it.
    """
    for component in registry.every():
        section: Any = manifest.exporters if component.is_exporter else manifest
        settings = getattr(section, component.name, None)
        if settings is not None:
            path = ("exporters", component.name) if component.is_exporter else (component.name,)
            yield Declared(component, path, settings, component.name)
    for name, settings in _named(manifest).items():
        if registry.find(name) is None:
            kind = getattr(settings, "kind", None) or ""
            component = registry.instance(kind, name) if kind else registry.custom(name, settings)
            yield Declared(component, ("exporters", name), settings, kind)


def _named(manifest: Manifest) -> Mapping[str, Any]:
    """Exporters with a name of the user's own: those that have a `kind`, and those that stackctl does not know."""
    return manifest.exporters.model_extra or {} if manifest.exporters else {}


def running(manifest: Manifest) -> list[Declared]:
    """Return those that the stack runs."""
    return [each for each in declared(manifest) if each.component.runs]


def _exporter_names(manifest: Manifest) -> Iterator[Found]:
    """Names of the user's own that cannot be those of exporters, and those for whose secrets there is no group."""
    # The secrets of exporters that stackctl does not know are in files that no container reads.
    with_secrets = [each.path for each in running(manifest) if each.kind and each.component.has_secrets(each.settings)]
    if without_group := with_secrets[MOST_INSTANCES:]:
        count = f"{len(with_secrets)} exporters with a name of your own have secrets, and there are groups for"
        yield without_group[0], f"{count} {MOST_INSTANCES}", "Distribute the exporters over several stacks."
    for name in _named(manifest):
        path = ("exporters", name)
        if not c.SERVICE_NAME.fullmatch(name):
            remedy = "Use letters, digits, `-`, `_` and `.`, beginning with a letter or a digit."
            yield path, f"not a valid name of an exporter: `{name}`", remedy
        elif registry.find(name):
            is_named = getattr(_named(manifest)[name], "kind", None)
            remedy = "Give it another name." if is_named else f"Write `{name}` at the top level."
            yield path, f"`{name}` is not an exporter", remedy


def _something_to_monitor(manifest: Manifest) -> Iterator[Found]:
    extra = any(manifest.prometheus.extra.get(key) for key in ("scrape_configs", "scrape_config_files"))
    # A Prometheus that is set up monitors itself, if nothing else.
    more = manifest.services or manifest.containers or "prometheus" in manifest.model_fields_set
    if not more and not (manifest.exporters and manifest.exporters.model_fields_set) and not extra:
        remedy = 'Add one, like `services: {api: {targets: ["localhost:8000"]}}`.'
        yield (), "nothing to monitor: there are neither `services` nor `exporters`", remedy


def _names_for_version_3(manifest: Manifest) -> Iterator[Found]:
    """Labels whose names Prometheus 2 refuses."""
    image = manifest.prometheus.image or registry.component(c.PROMETHEUS).image
    if not () < image_version(image) < (3,):
        return
    for path, names in _label_names(manifest):
        for name in names:
            if not c.LABEL_NAME.fullmatch(name):
                message = f"Prometheus 2 does not accept this label name: `{name}`"
                yield (*path, name), message, "Use letters, digits and `_`, or run Prometheus 3."


def _label_names(manifest: Manifest) -> Iterator[tuple[Path, Iterable[str]]]:
    yield ("prometheus", "external_labels"), manifest.prometheus.external_labels
    for name, service in manifest.services.items():
        yield ("services", name, "labels"), service.labels
        for index, target in enumerate(service.targets or ()):
            yield ("services", name, "targets", index, "labels"), target.labels


def _job_names(manifest: Manifest) -> Iterator[Found]:
    taken: dict[str, str] = {}
    for each in (each for each in declared(manifest) if each.job):
        if each.job in taken:
            message = f"two scrape jobs would be named `{each.job}`: this one and that of {taken[each.job]}"
            yield (*each.scrape_path, "job"), message, "Give it another `job`."
        taken[each.job] = f"the {'component' if each.component.runs else 'exporter'} `{each.name}`"
        for name in each.component.probes(each.settings):
            if f"probe-{name}" in taken:
                message = f"two scrape jobs would be named `probe-{name}`: this probe and {taken[f'probe-{name}']}"
                yield (*each.path, "probes", name), message, "Rename one of them."
            taken[f"probe-{name}"] = f"the probe `{name}` of `{each.name}`"
    for name in manifest.services:
        if name in taken:
            message = f"two scrape jobs would be named `{name}`: this service and {taken[name]}"
            yield ("services", name), message, "Rename the service."
    taken |= {name: f"the service `{name}`" for name in manifest.services if name not in taken}
    jobs = manifest.prometheus.extra.get("scrape_configs")
    for index, job in enumerate(jobs if isinstance(jobs, list) else ()):
        named = job.get("job_name") if isinstance(job, dict) else None
        if isinstance(named, str) and named in taken:
            place = ("prometheus", "extra", "scrape_configs", index, "job_name")
            message = f"two scrape jobs would be named `{named}`: this one and that of {taken[named]}"
            yield place, message, "Remove it if the other job is enough, or rename it."


def _scrapes(manifest: Manifest) -> Iterator[Found]:
    """Scrapes of components that may take longer than their interval."""
    for each in declared(manifest):
        if each.scrape:
            yield from _intervals(manifest, each.scrape_path, each.scrape.timeout, each.scrape.interval)


def _services_of_components(manifest: Manifest) -> Iterator[Found]:
    """Exporters whose container would have the name of another component, or of its container."""
    taken: dict[str, str] = {}
    for each in running(manifest):
        other = next((taken[name] for name in (each.component.service, each.name) if name in taken), None)
        if other:
            named = f"two containers would be named `{each.component.service}`"
            yield each.path, f"{named}: that of this exporter and that of `{other}`", "Rename one of them."
        taken |= {each.component.service: each.name, each.name: each.name}


def _container_names(manifest: Manifest) -> Iterator[Found]:
    taken = {name: each.name for each in running(manifest) for name in {each.name, each.component.service} - {each.job}}
    for name, service in manifest.services.items():
        if name in taken and (service.run.docker or (name == taken[name] and service.run.native)):
            things = "containers" if service.run.docker else "processes"
            message = f"two {things} would be named `{name}`: that of this service and that of `{taken[name]}`"
            yield ("services", name), message, "Rename the service."
    yield from _names_of_containers(manifest)


def container_units(manifest: Manifest) -> dict[str, str]:
    """Return the unit of each container: its own name, or `NAME-container` where a component has that name."""
    components = {each.name for each in running(manifest)}
    return {name: f"{name}-container" if name in components else name for name in manifest.containers}


def _names_of_containers(manifest: Manifest) -> Iterator[Found]:
    """Containers whose name in Compose, or whose unit, is that of something else that runs."""
    units = container_units(manifest)
    started = {name for name, service in manifest.services.items() if service.run.docker or service.run.native}
    taken = {each.component.service: f"the component `{each.name}`" for each in running(manifest)}
    taken |= {name: f"the service `{name}`" for name in started}
    taken |= {unit: f"the container `{name}`" for name, unit in units.items() if unit != name}
    for name, unit in units.items():
        if name in taken:
            yield ("containers", name), f"{taken[name]} has this name already", "Rename the container."
        elif unit in started:
            yield ("containers", name), f"the service `{unit}` has the name of its unit already", "Rename the service."


def _containers_out_of_reach(manifest: Manifest) -> Iterator[Found]:
    """Targets that are containers on networks of their own, where Prometheus is not."""
    reached = {"default", *manifest.networks.join}
    for name, service in manifest.services.items():
        for index, target in enumerate(service.targets or ()):
            host = split_address(target.url.address)[0]
            networks = manifest.containers.get(host, {}).get("networks")
            if networks and isinstance(networks, list | dict) and reached.isdisjoint(map(str, networks)):
                message = f"Prometheus does not reach the container `{host}`: it has only networks of its own"
                remedy = f"Add `default` to `containers.{host}.networks`, or remove its `networks`."
                yield ("services", name, "targets", index), message, remedy


def _component_containers(manifest: Manifest) -> Iterator[Found]:
    for each in running(manifest):
        for place, message, remedy in component_containers.contradictions(each.component, each.settings.docker):
            yield (*each.path, "docker", *place), message, remedy


def _listen_addresses(manifest: Manifest) -> Iterator[Found]:
    seen: dict[tuple[str, int], str] = {}
    for each in running(manifest):
        host, port = each.listen
        taken = next((other for other in seen if _is_same_port(other, each.listen)), None)
        if taken:
            at = "" if taken == each.listen else f", which listens on {taken[0]}:{port}"
            remedy = f"Give one of them another port, like `listen: {host}:{port + 1}`."
            yield each.path, f"{host}:{port} is already the address of {seen[taken]}{at}", remedy
        seen[each.listen] = show_path(each.path)


def _is_same_port(one: tuple[str, int], other: tuple[str, int]) -> bool:
    """Return whether two servers cannot both listen: who listens on all addresses, does so on this one too."""
    hosts = {one[0], other[0]}
    is_ipv4 = not any(":" in host for host in hosts)
    return one[1] == other[1] and (len(hosts) == 1 or _EVERY_ADDRESS in hosts or (is_ipv4 and _EVERY_IPV4 in hosts))


def _datasources(manifest: Manifest) -> Iterator[Found]:
    """Datasources of Grafana with a name or uid that is taken, and two defaults."""
    own = manifest.grafana.datasource if manifest.grafana else OwnDatasourceSettings()
    names, uids, default = {own.name}, {own.known_uid}, ""
    for index, each in enumerate(manifest.grafana.datasources if manifest.grafana else ()):
        place: Path = ("grafana", "datasources", index)
        uid = each.uid or default_uid(each.name)
        if each.name == own.name or uid == own.known_uid:
            remedy = "Remove it if it is the stack's Prometheus, or give it another name and `uid`."
            yield place, f"the stack's own Prometheus has the name or the uid of `{each.name}`", remedy
        elif each.name in names:
            yield (*place, "name"), f"two datasources are named `{each.name}`", "Rename one of them."
        elif uid in uids:
            yield (*place, "uid"), f"two datasources have the uid `{uid}`", "Give one of them another `uid`."
        if each.is_default and default:
            yield (*place, "isDefault"), f"`{default}` is the default already", "Keep one of the two."
        names.add(each.name)
        uids.add(uid)
        default = default or (each.name if each.is_default else "")


def _panel_interval(manifest: Manifest) -> Iterator[Found]:
    """A `timeInterval` of which `$__rate_interval` would become shorter than rates need."""
    given = manifest.grafana.datasource.json_data.get("timeInterval") if manifest.grafana else None
    scraped = manifest.prometheus.scrape_interval
    if given is not None and duration.is_shorter(str(given), scraped):
        message = f"`$__rate_interval` would be too short with `{given}`: targets are scraped every {scraped}"
        place = ("grafana", "datasource", "jsonData", "timeInterval")
        yield place, message, f"Remove it, or write at least `{scraped}`."


def _service(manifest: Manifest, name: str, service: ServiceModel) -> Iterator[Found]:
    path: Path = ("services", name)
    yield from _push(manifest, path, service)
    if service.targets is None and service.discovery is None and service.push is None:
        yield path, "the service has neither `targets` nor `discovery`", 'Add `targets: ["localhost:8000"]`.'
    if service.targets is not None and service.discovery is not None:
        yield (
            path,
            "the service has both `targets` and `discovery`",
            "Keep one, and declare another service for the other.",
        )
    if service.targets == []:
        yield (*path, "targets"), "the list of targets is empty", "Name at least one `host:port`."
    kinds = [key for key in ("basic_auth", "authorization", "oauth2") if getattr(service, key)]
    for key in kinds[1:]:
        remedy = f"Remove this or `{kinds[0]}`."
        yield (*path, key), "a scrape can use only one kind of authentication", remedy
    if service.no_proxy and not service.proxy_url:
        yield (*path, "no_proxy"), "there is no proxy", "Add `proxy_url`, or remove this."
    if service.profiles and not (service.run.docker or service.run.native):
        yield (*path, "profiles"), "profiles need `run`: the stack does not start this service", "Remove the profiles."
    yield from _intervals(manifest, path, service.scrape_timeout, service.scrape_interval)
    if service.metrics:
        yield from _contract((*path, "metrics"), service.metrics, service)
    yield from _slo_windows(manifest, path, service)
    seen: set[tuple[str, ...]] = set()
    for index, target in enumerate(service.targets or []):
        scraped = (target.url.address, *target_urls.of_target(target, service))
        if scraped in seen:
            summary = f"the target `{target.url.address}` is listed twice"
            yield (*path, "targets", index), summary, "Remove one of the two."
        seen.add(scraped)
    yield from target_urls.contradictions(path, name, service)


def _slo_windows(manifest: Manifest, path: Path, service: ServiceModel) -> Iterator[Found]:
    if manifest.external:
        return  # its retention is somebody else's
    kept = manifest.prometheus.retention.time
    for name, slo in service.slo.items():
        if duration.seconds(slo.window) > duration.seconds(kept):
            message = f"the error budget of {slo.window} cannot be computed: Prometheus keeps samples for {kept}"
            remedy = f"Write `prometheus: {{retention: {{time: {slo.window}}}}}`, or a shorter `window` here."
            yield (*path, "slo", name, "window"), message, remedy


def _push(manifest: Manifest, path: Path, service: ServiceModel) -> Iterator[Found]:
    if service.push is None:
        return
    if service.targets is not None or service.discovery is not None:
        remedy = "Keep one, and declare another service for the other."
        yield (*path, "push"), "a service is either scraped or pushes", remedy
    if manifest.pushgateway is None:
        yield (*path, "push"), "there is no Pushgateway to push to", "Add `pushgateway: {}` at the top level."
    elif not manifest.pushgateway.scrape.enabled:
        yield (*path, "push"), "the Pushgateway is not scraped", "Remove `scrape: false` of `pushgateway`."


def _contract(path: Path, contract: ContractModel, service: ServiceModel) -> Iterator[Found]:
    if contract.with_ and not contract.file:
        yield (*path, "with"), "`with` fills the placeholders of a file, but there is no file", "Name it with `file`."
    if not contract.file and not contract.metrics:
        yield path, "the contract promises nothing", "Name a metric, like `jobs_total: counter`, or remove the key."
    for place, message, remedy in contradictions(contract.metrics, service):
        yield (*inline_place(path, contract), *place), message, remedy


def _intervals(manifest: Manifest, path: Path, timeout: str | None, given: str | None) -> Iterator[Found]:
    if manifest.external and given is None:
        return  # how often the server scrapes is somebody else's
    interval = given or manifest.prometheus.scrape_interval
    if timeout and duration.seconds(timeout) > duration.seconds(interval):
        message = f"the scrape timeout ({timeout}) is longer than the scrape interval ({interval})"
        yield (*path, "scrape_timeout"), message, f"Write at most `{interval}`."
