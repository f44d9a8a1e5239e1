"""From what is live and ready to Traefik's dynamic configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from releasectl.model import Json
from releasectl.sandbox.seldon.certificate import CERTIFICATE, KEY
from releasectl.sandbox.seldon.values import Rule

INGRESS = "ingress"
LIVE = "/.sandbox/routing"  # <this>/<generation> answers 200 once that generation routes
TRANSPORT = {
    # Below the 5 s after which MLServer closes an idle connection: a request that meets the closing is lost.
    "maxIdleConnsPerHost": 64,
    "forwardingTimeouts": {"dialTimeout": "5s", "idleConnTimeout": "3s"},
}
# Traefik copies a request for a shadow once it is answered, but not if the client has hung up by then. So no
# answer of known length goes out before that; what is streamed is passed on at once all the same.
WHOLE = {"flushInterval": "1h"}
# Tries again only what could not connect: no server has seen it.
RETRY = {"attempts": 4, "initialInterval": "50ms"}

TLS = {"stores": {"default": {"defaultCertificate": {"certFile": CERTIFICATE, "keyFile": KEY}}}}
UNLOGGED = {"customRequestHeaders": {"Seldon-Skip-Logging": "true"}}  # as Seldon's explainers ask


def configuration(
    rules: Iterable[Rule], endpoints: Mapping[str, Sequence[str]], generation: int
) -> dict[str, Any]:
    """`endpoints` are the URLs of the ready servers of each service; the order of `rules` does not matter."""
    routers: dict[str, Json] = {"live": _router(f"Path(`{LIVE}/{generation}`)", "ping@internal")}
    middlewares: dict[str, Json] = {"retry": {"retry": RETRY}, "unlogged": {"headers": UNLOGGED}}
    services: dict[str, Json] = {}
    for rule in sorted(rules, key=lambda rule: rule.prefix):
        name = _key(rule.prefix)
        middlewares[f"strip-{name}"] = {"stripPrefix": {"prefixes": [rule.prefix]}}
        unlogged = () if rule.logged else ("unlogged",)
        routers[name] = _router(f"PathPrefix(`{rule.prefix}/`)", name, "retry", f"strip-{name}", *unlogged)
        services |= _services(name, rule)
        for service, _ in (*rule.targets, *rule.mirrors):
            services[_servers_of(service)] = _servers(endpoints.get(service, ()))
    http = {
        "routers": routers,
        "middlewares": middlewares,
        "services": services,
        "serversTransports": {"servers": TRANSPORT},
    }
    # Traefik takes no empty mapping.
    return {"http": {key: value for key, value in http.items() if value}, "tls": TLS}


def _router(rule: str, service: str, *middlewares: str) -> Json:
    router = {"rule": rule, "service": service, "entryPoints": [INGRESS]}
    return {**router, "middlewares": list(middlewares)} if middlewares else router


def _services(name: str, rule: Rule) -> dict[str, Json]:
    """The service of a rule: its targets by weight, with what is mirrored from them around it."""
    weights = [
        {"name": _servers_of(service), "weight": weight} for service, weight in rule.targets if weight > 0
    ]
    if not rule.mirrors:
        return {name: {"weighted": {"services": weights}}}
    mirrors = [{"name": _servers_of(service), "percent": percent} for service, percent in rule.mirrors]
    return {
        f"main~{name}": {"weighted": {"services": weights}},
        name: {"mirroring": {"service": f"main~{name}", "mirrors": mirrors}},
    }


def _servers(urls: Sequence[str]) -> Json:
    servers = [{"url": url} for url in sorted(urls)]
    return {"loadBalancer": {"servers": servers, "serversTransport": "servers", "responseForwarding": WHOLE}}


def _servers_of(service: str) -> str:
    return f"servers~{_key(service)}"


def _key(path: str) -> str:
    """A name for Traefik; "~" is in no name of Kubernetes, so that two paths never share one."""
    return path.strip("/").replace("/", "~")
