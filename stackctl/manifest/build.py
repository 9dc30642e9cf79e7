"""From the validated manifest to the stack: defaults filled in, files read, every part with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl import secret_keys
from stackctl.components.alertmanager import AlertmanagerSettings
from stackctl.components.grafana import GrafanaSettings, default_uid
from stackctl.components.prometheus import PrometheusSettings
from stackctl.components.settings import DataSettings
from stackctl.manifest import routing
from stackctl.manifest.attachments import attach_files
from stackctl.manifest.contracts import read_contract
from stackctl.manifest.crosscheck import Declared, container_units, declared, running
from stackctl.manifest.dashboards import read_dashboards
from stackctl.manifest.document import Document
from stackctl.manifest.external import external_servers
from stackctl.manifest.extra_rules import extra_rules
from stackctl.manifest.grafana_alerting import read_alerting
from stackctl.manifest.kubernetes import cluster, thanos
from stackctl.manifest.packs import Packs
from stackctl.manifest.packs.own import read_library
from stackctl.manifest.packs.uses import Around, Instance, Subject
from stackctl.manifest.packs.values import quoted
from stackctl.manifest.patterns import one_per_file
from stackctl.manifest.problems import Problems
from stackctl.manifest.rules import read_rules
from stackctl.manifest.schema import Manifest
from stackctl.manifest.service_schema import SCRAPE_OPTIONS, ServiceModel
from stackctl.manifest.slo import read_slos
from stackctl.manifest.target_urls import scheme_and_path
from stackctl.manifest.tls import read_tls
from stackctl.model import (
    Alertmanager,
    Block,
    Container,
    Contract,
    Datasource,
    Datasources,
    ExistingData,
    Exporter,
    Grafana,
    Health,
    Listen,
    Login,
    NativeRun,
    Probe,
    Prometheus,
    Push,
    QueryLimits,
    Resources,
    Retention,
    RuleFile,
    Run,
    Server,
    ServerTls,
    Service,
    Stack,
    Target,
    Waiver,
)


def build(document: Document, manifest: Manifest, root: Path, problems: Problems) -> Stack:
    """Return the stack that `manifest` describes, without what has problems; these are added to `problems`.

    `root` is the manifest's folder.
    """
    contracts = _contracts(document, manifest, root, problems)
    packs = Packs(read_library(document, manifest.packs, root, problems), _around(manifest, contracts))
    extra = extra_rules(document, manifest.prometheus, root, problems)
    manifest = manifest.model_copy(update={"prometheus": extra.prometheus})
    sources = one_per_file(document, "rules", manifest.rules, root, problems)
    rules = read_rules(document, [*sources, *extra.sources], root, packs, problems)
    boards = one_per_file(document, "dashboards", manifest.dashboards, root, problems)
    asked = _asked_datasources(document, manifest.grafana)
    dashboards = read_dashboards(document, boards, root, packs, asked, problems)
    slos = read_slos(document, manifest, contracts, [file.path for file in rules], problems)
    manifest = attach_files(document, manifest, root, problems)
    servers = {each.name: each for each in declared(manifest)}
    return Stack(
        name=manifest.name,
        root=root,
        origin=document.position(()),
        prometheus=_prometheus(document, servers[c.PROMETHEUS], root, problems),
        alertmanager=_alertmanager(document, servers.get(c.ALERTMANAGER)),
        grafana=_grafana(document, servers.get(c.GRAFANA), asked, root, problems),
        pushgateway=_pushgateway(document, servers.get(c.PUSHGATEWAY)),
        exporters=tuple(_exporter(document, each) for each in running(manifest) if each.component.is_exporter),
        services=_services(document, manifest, contracts, root, problems),
        containers=_containers(document, manifest),
        networks=tuple(manifest.networks.join),
        rules=(*rules, *(each.rules for each in slos)),
        dashboards=(*dashboards, *(dashboard for each in slos for dashboard in each.dashboards)),
        packs=packs.used,
        waivers=_waivers(document, manifest, rules),
        external=external_servers(document, manifest.external, root, problems),
        kubernetes=cluster(document, manifest.kubernetes),
        thanos=thanos(document, manifest.thanos),
        places=document,
        secrets=frozenset(document.secrets),
    )


def _contracts(document: Document, manifest: Manifest, root: Path, problems: Problems) -> dict[str, Contract | None]:
    """Return the contract of each service, None where it has none; without those that cannot be read."""
    read = {
        name: (model, read_contract(document, ("services", name), model, root, problems))
        for name, model in manifest.services.items()
    }
    return {name: contract for name, (model, contract) in read.items() if contract or model.metrics is None}


def _around(manifest: Manifest, contracts: Mapping[str, Contract | None]) -> Around:
    """Return the services and components that packs can be applied to."""
    subjects = {}
    for name, model in manifest.services.items():
        job = (model.push.job if model.push else None) or name
        subjects[name] = Subject(name, f"job={quoted(job)}", contracts.get(name))
    # What exports for itself is asked about like a component that the stack runs.
    told = _told(manifest)
    components: dict[str, list[Instance]] = {}
    for each in declared(manifest):
        components.setdefault(each.kind or each.name, []).append(Instance(each.name, each.job, told[each.name]))
    return Around(subjects, components, known=contracts.keys() == manifest.services.keys())


def _told(manifest: Manifest) -> dict[str, Mapping[str, str]]:
    """Return the parameters of packs that the manifest sets: name of the component -> parameter -> value."""
    limited = any(each.settings.resources.cpus for each in running(manifest))
    limited |= any(model.run and _mentions(model.run.docker, "cpus") for model in manifest.services.values())
    limited |= _mentions(manifest.containers, "cpus")
    return {each.name: each.component.parameters(each.settings, limited) for each in declared(manifest)}


def _mentions(block: Any, key: str) -> bool:
    """Return whether a block has `key`, at any depth: Compose knows `cpus`, and `deploy.resources.limits.cpus`."""
    return isinstance(block, dict) and (key in block or any(_mentions(item, key) for item in block.values()))


def _base(document: Document, declared: Declared) -> dict[str, Any]:
    settings = declared.settings
    return {
        "name": declared.name,
        "image": settings.image or declared.component.image,
        "listen": Listen(*declared.listen),
        "resources": Resources(settings.resources.memory, settings.resources.cpus),
        "origin": document.position(declared.path, key=True),
        "labels": settings.labels,
        "docker": settings.docker,
        "scrape": declared.scrape,
        "existing": _existing(document, declared),
    }


def _existing(document: Document, declared: Declared) -> ExistingData | None:
    data: DataSettings | None = getattr(declared.settings, "data", None)
    return ExistingData(data.from_, document.position((*declared.path, "data"))) if data else None


def _prometheus(document: Document, declared: Declared, root: Path, problems: Problems) -> Prometheus:
    base = _base(document, declared)
    model: PrometheusSettings = declared.settings
    tls = _server_tls(document, model, root, problems)
    user = model.auth.basic_auth if model.auth else None
    return Prometheus(
        **{**base, "listen": replace(base["listen"], scheme="https")} if tls else base,
        scrape_interval=model.scrape_interval,
        evaluation_interval=model.evaluation_interval,
        retention=Retention(model.retention.time, model.retention.size),
        external_labels=model.external_labels,
        remote_write=tuple(model.remote_write),
        extra=model.extra,
        login=Login(user.username, user.password) if user else None,
        tls=tls,
        external_url=model.external_url or "",
        features=tuple(model.enable_features),
        out_of_order_time_window=model.out_of_order_time_window,
        query=QueryLimits(**model.query.model_dump()),
        remote_write_receiver=model.remote_write_receiver,
        otlp_receiver=model.otlp_receiver,
        series_budget=model.series_budget,
        replicas=model.replicas,
    )


def _server_tls(document: Document, model: PrometheusSettings, root: Path, problems: Problems) -> ServerTls | None:
    if not (model.auth and model.auth.tls):
        return None
    from stackctl.manifest.certificate import read_server_tls

    return read_server_tls(document, ("prometheus", "auth", "tls"), model.auth.tls, root, problems)


def _alertmanager(document: Document, declared: Declared | None) -> Alertmanager | None:
    if declared is None:
        return None
    model: AlertmanagerSettings = declared.settings
    return Alertmanager(
        **_base(document, declared),
        receivers=routing.receivers(document, model),
        route=model.route,
        extra=model.extra,
        routing=routing.routing(document, model.routing),
        external_url=model.external_url or "",
        replicas=model.replicas,
    )


def _grafana(
    document: Document, declared: Declared | None, asked: Datasources, root: Path, problems: Problems
) -> Grafana | None:
    if declared is None:
        return None
    model: GrafanaSettings = declared.settings
    return Grafana(
        **_base(document, declared),
        admin_user=model.admin.user,
        admin_password=model.admin.password,
        extra_env=secret_keys.with_secrets(model.variables),
        plugins=tuple(model.plugins),
        datasources=_datasources(document, model),
        settings=model.datasource.json_data,
        own_name=model.datasource.name,
        own_uid=model.datasource.known_uid,
        alerting=read_alerting(document, model.alerting, root, asked, model.variables, problems),
    )


def _asked_datasources(document: Document, model: GrafanaSettings | None) -> Datasources:
    """Return the datasources that dashboards may ask."""
    if model is None:
        return Datasources()
    return Datasources(model.datasource.name, model.datasource.known_uid, _datasources(document, model))


def _datasources(document: Document, model: GrafanaSettings | None) -> tuple[Datasource, ...]:
    return tuple(
        Datasource(
            name=each.name,
            uid=each.uid or default_uid(each.name),
            type=each.type,
            fields=each.model_dump(
                by_alias=True,
                exclude_none=True,
                exclude_unset=True,
                exclude={"name", "uid", "type", "secure_json_data"},
            ),
            secrets=each.secure_json_data,
            origin=document.position(("grafana", "datasources", index)),
        )
        for index, each in enumerate(model.datasources if model else ())
    )


def _pushgateway(document: Document, declared: Declared | None) -> Server | None:
    return Server(**_base(document, declared)) if declared else None


def _exporter(document: Document, declared: Declared) -> Exporter:
    probes = declared.component.probes(declared.settings)
    place = (*declared.path, "probes")
    return Exporter(
        **_base(document, declared),
        settings=declared.settings,
        probes=tuple(
            Probe(name, probe.url, probe.module, document.position((*place, name), key=True))
            for name, probe in probes.items()
        ),
        args=tuple(declared.settings.args),
        kind=declared.kind if declared.kind != declared.name else "",
    )


def _services(
    document: Document,
    manifest: Manifest,
    contracts: Mapping[str, Contract | None],
    root: Path,
    problems: Problems,
) -> tuple[Service, ...]:
    """Return what is scraped: the services, and the components that export their own metrics."""
    services = {
        name: _service(document, name, model, contracts.get(name), root, problems)
        for name, model in manifest.services.items()
    }
    scraped = (_scraped(document, each) for each in declared(manifest) if not each.component.runs)
    return (*(service for name, service in services.items() if service and name in contracts), *scraped)


def _scraped(document: Document, declared: Declared) -> Service:
    """Return the scrape job of a component that exports its own metrics."""
    origin = document.position(declared.path, key=True)
    return Service(
        declared.job,
        origin,
        tuple(Target(address, {}, origin) for address in declared.component.targets(declared.settings)),
        metrics_path=declared.settings.metrics_path,
        scrape_interval=declared.settings.scrape_interval,
        scrape_timeout=declared.settings.scrape_timeout,
        labels=declared.settings.labels,
        component=declared.kind,
    )


def _service(
    document: Document, name: str, model: ServiceModel, contract: Contract | None, root: Path, problems: Problems
) -> Service | None:
    path = ("services", name)
    tls = read_tls(document, (*path, "tls"), model.tls or {}, root, problems)
    if tls is None:
        return None
    targets = tuple(
        Target(target.url.address, target.labels, document.position((*path, "targets", index)))
        for index, target in enumerate(model.targets or [])
    )
    scheme, metrics_path = scheme_and_path(model)
    return Service(
        name=name,
        origin=document.position(path, key=True),
        targets=targets,
        discovery=model.discovery or {},
        metrics_path=metrics_path,
        scheme=scheme,
        scrape_interval=model.scrape_interval,
        scrape_timeout=model.scrape_timeout,
        labels=model.labels,
        scrape=_scrape(model, tls),
        health=Health(model.health.live, model.health.ready),
        run=_run(model, root),
        profiles=tuple(model.profiles),
        contract=contract,
        push=Push(model.push.job or name, model.push.grouping) if model.push else None,
        relabel_origins=tuple(document.position((*path, "relabel", index)) for index in range(len(model.relabel))),
    )


def _scrape(model: ServiceModel, tls: Block) -> dict[str, Any]:
    """The fields of Prometheus' scrape_config that are passed on as they are, under Prometheus' names."""
    auth = model.basic_auth
    fields = {
        "basic_auth": {"username": auth.username, "password": auth.password} if auth else None,
        "authorization": model.authorization,
        "tls_config": tls,
        "params": model.params,
        "honor_labels": model.honor_labels or None,
        "honor_timestamps": None if model.honor_timestamps else False,
        **{name: getattr(model, name) for name in SCRAPE_OPTIONS},
        "relabel_configs": [step.model_dump(exclude_defaults=True) for step in model.relabel],
        "metric_relabel_configs": [step.model_dump(exclude_defaults=True) for step in model.metric_relabel],
    }
    return {key: value for key, value in fields.items() if value or value is False}


def _run(model: ServiceModel, root: Path) -> Run:
    native = model.run.native
    if native is None:
        return Run(docker=model.run.docker)
    return Run(
        model.run.docker,
        NativeRun(tuple(native.command), secret_keys.with_secrets(native.env), (root / native.cwd).resolve()),
    )


def _containers(document: Document, manifest: Manifest) -> tuple[Container, ...]:
    units = container_units(manifest)
    return tuple(
        Container(name, units[name], fields, document.position(("containers", name), key=True))
        for name, fields in manifest.containers.items()
    )


def _waivers(document: Document, manifest: Manifest, rules: Sequence[RuleFile]) -> tuple[Waiver, ...]:
    """Return what the manifest accepts, and what the comments of its rule files do."""
    of_manifest = (
        Waiver(each.check, each.subject, each.reason, each.until, document.position(("ignore", index)))
        for index, each in enumerate(manifest.ignore)
    )
    return (*of_manifest, *(waiver for file in rules for waiver in file.waivers))
