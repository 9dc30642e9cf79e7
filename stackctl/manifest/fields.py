"""The scalar types of the manifest language: each says in one place what it accepts and what it says otherwise."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from stackctl import conventions, redaction
from stackctl.manifest.document import Scalar
from stackctl.promql import duration
from stackctl.promql.expression import regex_error, syntax_error, syntax_remedy
from stackctl.source import Secret

# All that bcrypt looks at.
_BCRYPT_BYTES = 72


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """The error for a value of the wrong form. Braces in the texts are kept as they are."""
    return PydanticCustomError("wrong", "{message}", {"message": message, "remedy": remedy})


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise wrong(f"expected text, got {kind(value)}")


def _filled(value: Any) -> str:
    if not (text := _text(value)).strip():
        raise wrong("the text is empty")
    return text


def _folder_title(value: Any) -> str:
    """The title of a folder in Grafana, which trims it."""
    text = _text(value).strip()
    if text.lower() == "general":
        remedy = "Leave `folder` out: dashboards without a folder are at the top level."
        raise wrong(
            f"`{text}` is Grafana's name for the top level; it does not accept a folder with that title", remedy
        )
    return text


def _text_or_nothing(value: Any) -> str:
    return "" if value is None else _text(value)


def kind(value: Any) -> str:
    """Describe the type of a value for users, never the value itself, which may be secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _duration(value: Any) -> str:
    text = _text(value)
    try:
        if duration.seconds(text) > 0:
            return text
        raise wrong("a duration must be longer than zero")
    except ValueError:
        remedy = "Write a number and a unit, largest unit first: `15s`, `1m30s`, `15d` (ms, s, m, h, d, w, y)."
        raise wrong(f"not a duration: `{text}`", remedy) from None


def _pause(value: Any) -> str:
    """A duration that may be zero, as `for` may."""
    if not isinstance(value, str):
        raise wrong("expected a duration")
    try:
        duration.seconds(value)
    except ValueError:
        raise wrong(f"not a duration: `{value}`", "Write a number and a unit: `30s`, `5m`.") from None
    return str(value)


def _expression(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("expected a PromQL expression")
    text = str(value)
    message = syntax_error(text)
    if message:
        raise wrong(f"not PromQL: {message}", syntax_remedy(message))
    return text


def _open_expression(value: Any) -> str:
    """PromQL with `$window` for the window, of which a sum can be made."""
    text = _text(value)
    message = syntax_error(f"sum({text.replace('$window', '5m')})")
    if message:
        raise wrong(f"not PromQL: {message}", syntax_remedy(message))
    if "[$window]" not in text:
        raise wrong(
            "the expression does not use `$window`", "Write `[$window]` as the window: `rate(requests_total[$window])`."
        )
    return text


def _objective(value: Any) -> float:
    number = _real(value)
    if not 0 < number < 100:
        remedy = "100 leaves no error budget; use for example `99.9`." if number == 100 else "Write it like `99.9`."
        raise wrong(f"an objective must be a percentage between 0 and 100: `{value}`", remedy)
    return number


def _slo_window(value: Any) -> str:
    text = _duration(value)
    if duration.seconds(text) < 86400:
        raise wrong(f"the window of an SLO must be at least one day: `{text}`", "Write `30d`, or `7d`.")
    return text


def _off(value: Any) -> bool:
    if value == "off":
        return True
    remedy = "Did you mean `off`?" if value in ("false", "no", "disabled", "none") else ""
    raise wrong(f"expected `off` or a mapping, got {_quoted(value)}", remedy)


def _quoted(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else kind(value)


def _clock(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        padded = text.zfill(5)
        remedy = f"Write `{padded}`." if re.fullmatch(r"0[0-9]:[0-5][0-9]", padded) else "Write it like `09:00`."
        raise wrong(f"not a time of day: `{text}`", remedy)
    return text


def _weekdays(value: Any) -> tuple[str, ...]:
    """Days and ranges of days, as the days themselves; a range may go over the end of the week."""
    text = _text(value)
    first, _, last = text.lower().partition(":")
    for day in (first, last or first):
        if day not in conventions.WEEKDAYS:
            raise wrong(f"not a day of the week: `{text}`", "Write a day or a range of days, like `monday:friday`.")
    start, end = conventions.WEEKDAYS.index(first), conventions.WEEKDAYS.index(last or first)
    return tuple(conventions.WEEKDAYS[(start + day) % 7] for day in range((end - start) % 7 + 1))


def _time_zone(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", text):
        raise wrong(f"not a time zone: `{text}`", "Write its name, like `Europe/Berlin`, `UTC` or `Local`.")
    return text


def _integer(value: Any) -> int:
    text = _text(value)
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        raise wrong(f"expected a whole number, got `{text}`")
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise wrong(f"a whole number that is too large: `{text[:20]}...`")
    return int(text)


def _count(value: Any) -> int:
    number = _integer(value)
    if number < 0:
        raise wrong(f"expected zero or more, got `{number}`")
    return number


def _number(value: Any) -> float:
    text = _text(value)
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 < number < 1e6:
        raise wrong(f"expected a number greater than zero, got `{text}`")
    return number


def _real(value: Any) -> float:
    text = _text(value)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise wrong(f"expected a number, got `{text}`")
    return number


def _bounds(value: Any) -> tuple[float, ...]:
    """The upper bounds of buckets. The last one of all histograms, +Inf, may be written or not."""
    if not isinstance(value, list):
        raise wrong(f"expected a list of numbers, got {kind(value)}")
    bounds = tuple(_real(item) for item in (value[:-1] if value and value[-1] in ("+Inf", "Inf", ".inf") else value))
    if not bounds:
        raise wrong("there are no buckets", "Write the upper bound of each, like `[0.1, 0.5, 1, 5]`.")
    if list(bounds) != sorted(set(bounds)):
        shown = ", ".join(f"{bound:g}" for bound in sorted(set(bounds)))
        raise wrong("the buckets are not in ascending order", f"Write `[{shown}]`.")
    return bounds


def _fraction(value: Any) -> float:
    number = _real(value)
    if not 0 <= number <= 1:
        raise wrong(f"a quantile must be between 0 and 1: `{value}`", f"Did you mean `{number / 100:g}`?")
    return number


def _range(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise wrong("expected two numbers: when idle, and when saturated", "Write them like `[0, 100]`.")
    return _real(value[0]), _real(value[1])


def _metric_name(value: Any) -> str:
    text = _text(value)
    if not conventions.METRIC_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-zA-Z0-9_:]+", "_", text).strip("_")
        remedy = f"Write `{fixed}`." if conventions.METRIC_NAME.fullmatch(fixed) else ""
        raise wrong(f"a metric name can contain only letters, digits, `_` and `:`: `{text}`", remedy)
    return text


def _filling(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[\w ./-]+", text):
        raise wrong(f"a placeholder's value can contain only letters, digits, spaces and `_`, `-`, `.`, `/`: `{text}`")
    return text


def _given(value: Any) -> Any:
    """Validate a pack's parameter: text, or labels. The pack decides which."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return {key: str(item) for key, item in value.items()}
    raise wrong(f"expected text or labels, got {kind(value)}")


def _boolean(value: Any) -> bool:
    text = _text(value)
    if text not in ("true", "false"):
        other = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
        meant = other.get(text.lower(), text.lower() if text.lower() in ("true", "false") else "")
        raise wrong(f"expected `true` or `false`, got `{text}`", f"Did you mean `{meant}`?" if meant else "")
    return text == "true"


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[ipv6]:port`. Raises ValueError with the reason."""
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]@]+):([0-9]+)", text)
    if not match:
        raise ValueError("not a host:port")
    port = int(match[2][:6])
    if len(match[2]) > 6 or not 1 <= port <= 65535:
        raise ValueError("the port must be between 1 and 65535")
    return match[1].strip("[]"), port


def _matching(pattern: str | re.Pattern[str], otherwise: str, remedy: str) -> Callable[[Any], str]:
    """Return the validator of a text that matches a pattern as a whole; `otherwise` says what another one is."""

    def validated(value: Any) -> str:
        text = _text(value)
        if not re.fullmatch(pattern, text):
            raise wrong(f"{otherwise}: `{text}`", remedy)
        return text

    return validated


_datasource_uid = _matching(
    conventions.DASHBOARD_UID,
    "not a uid",
    "Use at most 40 of the characters a-z, A-Z, 0-9, - and _.",
)


_plugin_name = _matching(
    r"[A-Za-z0-9][A-Za-z0-9-]*(@[A-Za-z0-9.+-]+)?",
    "not the id of a plugin",
    "Write an id like `grafana-clock-panel`, or `ID@VERSION`.",
)


_feature_name = _matching(
    r"[a-z0-9-]+",
    "not the name of a feature",
    "Write one for each item, like `exemplar-storage`.",
)


def _address(value: Any) -> str:
    text = _text(value)
    try:
        split_address(text)
    except ValueError as error:
        raise wrong(f"{error}: `{redaction.as_address(text)}`", _address_remedy(text)) from None
    return text


def _address_remedy(text: str) -> str:
    if "@" in text:
        address = text.rpartition("@")[2].partition("/")[0]
        return f"Write `{address}`, and the user and the password as `basic_auth` of the service."
    url = re.fullmatch(r"(https?)://([^/@\s]+)(/\S*)?", text)
    if url:
        port = "" if re.search(r":[0-9]+$", url[2]) else (":443" if url[1] == "https" else ":80")
        path = f" and `metrics_path: {url[3]}`" if url[3] and url[3] != "/" else ""
        return f"Write `{url[2]}{port}` with `scheme: {url[1]}`{path}."
    return "Write a host name or an IP address, a colon and a port, like `localhost:8000`."


@dataclass(frozen=True)
class TargetUrl:
    """A target as it is written: `host:port`, and the scheme and the path where it is a URL that has them."""

    address: str
    scheme: str = ""
    path: str = ""


_TARGET_URL = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]@?#]+)(:[0-9]+)?(/[^\s?#]*)?")
_PORTS = {"http": 80, "https": 443}


def read_target(text: str) -> TargetUrl:
    """Return what a target says. Raises ValueError with the reason if it is neither `host:port` nor a URL."""
    match = _TARGET_URL.fullmatch(text)
    if not match:
        split_address(text)
        return TargetUrl(text)
    address = f"{match[2]}{match[3] or f':{_PORTS[match[1]]}'}"
    split_address(address)
    return TargetUrl(address, match[1], (match[4] or "").rstrip("/") and match[4])


def _target(value: Any) -> str:
    text = _text(value)
    try:
        read_target(text)
    except ValueError as error:
        raise wrong(f"{error}: `{redaction.as_address(text)}`", _target_remedy(text)) from None
    return text


_HOST_AND_PATH = re.compile(r"([a-zA-Z0-9_][\w.-]*|\[[0-9a-fA-F:.]+\])(:[0-9]+)?(/[^\s?#@]*)?")


def _target_remedy(text: str) -> str:
    if "?" in text and "@" not in text:
        return f"Write `{text.partition('?')[0]}`, and its parameters as `params` of the service."
    if _TARGET_URL.fullmatch(text):
        return "Correct the port, or leave it out."
    match = _HOST_AND_PATH.fullmatch(text)
    if not match or (match[2] and not match[3]):
        return _address_remedy(text)
    host, port, path = match.groups()
    with_path = f" with `metrics_path: {path}`" if path and path != "/" else ""
    if port:
        return f"Write `{host}{port}`{with_path}."
    return f"Write the port, like `{host}:80`{with_path}, or a URL: `https://{text}`."


def _listen(value: Any) -> str:
    text = _text(value)
    if re.fullmatch(r"[0-9]+", text):
        text = f"{conventions.LOOPBACK}:{text}"
    return _address(Scalar(text))


def _url(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"https?://[^\s/:@]+(:[0-9]{1,5})?(/\S*)?", text):
        whole = "Write it whole, like `https://example.org/health`."
        remedy = "Write it without a user and a password." if redaction.is_telling(text) else whole
        raise wrong(f"not an http or https URL: `{redaction.as_address(text)}`", remedy)
    return text


def _probed(value: Any) -> str:
    """Validate a probed URL. It is a label of every series about it, visible to everybody who sees the metrics."""
    text = _text(value)
    if redaction.is_telling(text):
        remedy = "Remove the user and the password, and probe a page that needs no login."
        raise wrong("the probed URL becomes a label of the metrics, which would expose its password", remedy)
    return text


def _path(value: Any) -> str:
    text = _text(value)
    if not text.startswith("/") or re.search(r"\s", text):
        raise wrong(f"a path must begin with `/`: `{text}`", f"Write `/{text.strip().lstrip('/')}`.")
    return text


def _metrics_path(value: Any) -> str:
    text = _path(value)
    path, _, query = text.partition("?")
    if query:
        given = parse_qs(query, keep_blank_values=True)
        params = ", ".join(f"{name}: {json.dumps(values)}" for name, values in given.items())
        message = f"a path cannot have parameters, because Prometheus would escape the `?`: `{text}`"
        raise wrong(message, f"Write `metrics_path: {path}` and `params: {{{params}}}`.")
    return text


_size = _matching(
    r"[0-9]{1,15}(\.[0-9]{1,15})?(B|KB|MB|GB|TB|PB|EB)",
    "not a size",
    "Write a number and a unit: `512MB`, `10GB`.",
)


def _memory(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?([bkmg]|[kmg]b)", text.lower()):
        raise wrong(f"not an amount of memory: `{text}`", "Write a number and a unit: `512m`, `2g`.")
    return text.lower()


def _label_name(value: Any) -> str:
    text = _external_label_name(value)
    if text.startswith("__"):
        raise wrong(f"the label `{text}` is reserved", "Names that begin with two underscores belong to Prometheus.")
    return text


def _external_label_name(value: Any) -> str:
    """The name of a label. Prometheus 3 takes any text, like `service.name`; Mimir and Cortex need `__replica__`."""
    text = _text(value)
    if not text or not text.isprintable():
        raise wrong(f"not a label name: `{text}`", "Write at least one letter, and no line breaks.")
    return text


def _grouping_label(value: Any) -> str:
    """A label of a grouping key, which is a part of the Pushgateway's URLs."""
    text = _label_name(value)
    if not conventions.LABEL_NAME.fullmatch(text):
        raise wrong(
            f"not a label of a push: `{text}`", "Use letters, digits and underscores, not beginning with a digit."
        )
    return text


def _stack_name(value: Any) -> str:
    text = _text(value)
    _bounded(text)
    if not conventions.STACK_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
        remedy = f"Write `{fixed}`." if fixed else "Begin with a letter or a digit."
        raise wrong(f"a stack name can contain only lower-case letters, digits, `-` and `_`: `{text}`", remedy)
    return text


def _service_name(value: Any) -> str:
    text = _text(value)
    _bounded(text)
    if not conventions.SERVICE_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-zA-Z0-9_.-]+", "-", text).strip("-_.")
        remedy = f"Write `{fixed}`." if fixed else ""
        message = f"a name must begin with a letter or a digit, and can contain only these, `-`, `_` and `.`: `{text}`"
        raise wrong(message, remedy)
    return text


def _bounded(name: str) -> None:
    if len(name) > conventions.LONGEST_NAME:
        message = f"the name is {len(name)} characters long, the limit is {conventions.LONGEST_NAME}: `{name}`"
        raise wrong(message, "Shorten it: it becomes a host name.")


def _regex(value: Any) -> str:
    text = _text(value)
    reason = regex_error(text)
    if reason:
        raise wrong(f"not a regular expression: {reason}: `{text}`", "Prometheus uses RE2's syntax.")
    return text


def _secret(value: Any) -> Secret:
    return Secret(_text(value))


def _user_name(value: Any) -> str:
    text = _text(value)
    if not text or ":" in text or not text.isprintable():
        raise wrong(f"not a valid user name for basic auth: `{text}`", "Use a name without a colon.")
    return text


def _password(value: Any) -> Secret:
    """Validate a password that Prometheus hashes with bcrypt, and reads from a file without the spaces around it."""
    text = _text(value)
    if not text:
        raise wrong("the password is empty", "Set a password; an empty variable does not count.")
    if text != text.strip() or not text.isprintable():
        raise wrong("a password with spaces around it, or with line breaks, would not be read as written", "Change it.")
    if len(text.encode()) > _BCRYPT_BYTES:
        raise wrong(f"the password is longer than the {_BCRYPT_BYTES} bytes that bcrypt uses", "Shorten it.")
    return Secret(text)


def _maybe_variable(value: Any) -> str | Secret:
    """Text; a secret when a variable gave a part of it."""
    return Secret(_text(value)) if isinstance(value, Scalar) and value.variable else _text(value)


def _check_name(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[a-z_]+(\.[a-z_-]+)?", text):
        raise wrong("not the name of a check", "Write it as reports show it: `panel.data`, or `panel` for its family.")
    return text


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise wrong("not a date", "Write it as year, month and day: `2027-01-31`.") from None


def _schema(kind: str | list[str], **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


Text = Annotated[str, BeforeValidator(_text), _schema(["string", "number", "boolean"])]
# Text that may be left out: as in Prometheus' labels and annotations, nothing is empty text.
Filled = Annotated[str, BeforeValidator(_filled), _schema(["string", "number", "boolean"], minLength=1)]
TextOrNothing = Annotated[str, BeforeValidator(_text_or_nothing), _schema(["string", "number", "boolean", "null"])]
CheckName = Annotated[str, BeforeValidator(_check_name), _schema("string", examples=["panel.data"])]
Date = Annotated[date, BeforeValidator(_date), _schema("string", format="date")]
Texts = dict[Text, TextOrNothing]
FolderTitle = Annotated[str, BeforeValidator(_folder_title), _schema(["string", "number", "boolean"])]
Duration = Annotated[str, BeforeValidator(_duration), _schema("string", examples=["15s", "1m30s"])]
Pause = Annotated[str, BeforeValidator(_pause), _schema("string", examples=["0s", "5m"])]
Expression = Annotated[str, BeforeValidator(_expression), _schema(["string", "number"])]
OpenExpression = Annotated[str, BeforeValidator(_open_expression), _schema("string")]
Objective = Annotated[
    float, BeforeValidator(_objective), _schema("number", exclusiveMinimum=0, exclusiveMaximum=100, examples=[99.9])
]
SloWindow = Annotated[str, BeforeValidator(_slo_window), _schema("string", examples=["30d", "7d"])]
Off = Annotated[bool, BeforeValidator(_off), WithJsonSchema({"const": "off"})]
Clock = Annotated[str, BeforeValidator(_clock), _schema("string", examples=["09:00"])]
Weekdays = Annotated[
    tuple[str, ...], BeforeValidator(_weekdays), _schema("string", examples=["monday:friday", "sunday"])
]
TimeZone = Annotated[str, BeforeValidator(_time_zone), _schema("string", examples=["Europe/Berlin"])]
Integer = Annotated[int, BeforeValidator(_integer), _schema("integer")]
Number = Annotated[float, BeforeValidator(_number), _schema("number", exclusiveMinimum=0)]
Bounds = Annotated[
    tuple[float, ...], BeforeValidator(_bounds), _schema("array", items={"type": "number"}, examples=[[0.1, 0.5, 1]])
]
Fraction = Annotated[float, BeforeValidator(_fraction), _schema("number", minimum=0, maximum=1)]
Range = Annotated[
    tuple[float, float], BeforeValidator(_range), _schema("array", items={"type": "number"}, minItems=2, maxItems=2)
]
MetricName = Annotated[str, BeforeValidator(_metric_name), _schema("string")]
Filling = Annotated[str, BeforeValidator(_filling), _schema(["string", "number"])]
Given = Annotated[Any, BeforeValidator(_given), _schema(["string", "number", "boolean", "object"])]
RealNumber = Annotated[float, BeforeValidator(_real), _schema("number")]
Boolean = Annotated[bool, BeforeValidator(_boolean), _schema("boolean")]
Address = Annotated[str, BeforeValidator(_address), _schema("string", examples=["localhost:8000"])]
PluginName = Annotated[str, BeforeValidator(_plugin_name), _schema("string", examples=["grafana-clock-panel@2.1.5"])]
FeatureName = Annotated[str, BeforeValidator(_feature_name), _schema("string", pattern="^[a-z0-9-]+$")]
DatasourceUid = Annotated[str, BeforeValidator(_datasource_uid), _schema("string", pattern="^[a-zA-Z0-9_-]{1,40}$")]
TargetAddress = Annotated[
    str, BeforeValidator(_target), _schema("string", examples=["localhost:8000", "https://shop.example.org/metrics"])
]
ListenAddress = Annotated[str, BeforeValidator(_listen), _schema(["string", "integer"], examples=["127.0.0.1:9090"])]
Url = Annotated[str, BeforeValidator(_url), _schema("string", format="uri")]
ProbeUrl = Annotated[str, BeforeValidator(_probed), _schema("string")]
UrlPath = Annotated[str, BeforeValidator(_path), _schema("string", pattern="^/")]
MetricsPath = Annotated[str, BeforeValidator(_metrics_path), _schema("string", pattern="^/[^?]*$")]
Count = Annotated[int, BeforeValidator(_count), _schema("integer", minimum=0)]
Size = Annotated[str, BeforeValidator(_size), _schema("string", examples=["10GB"])]
Memory = Annotated[str, BeforeValidator(_memory), _schema("string", examples=["512m"])]
LabelName = Annotated[str, BeforeValidator(_label_name), _schema("string")]
ExternalLabelName = Annotated[str, BeforeValidator(_external_label_name), _schema("string")]
GroupingLabel = Annotated[str, BeforeValidator(_grouping_label), _schema("string")]
StackName = Annotated[str, BeforeValidator(_stack_name), _schema("string", pattern="^[a-z0-9][a-z0-9_-]*$")]
ServiceName = Annotated[str, BeforeValidator(_service_name), _schema("string")]
Regex = Annotated[str, BeforeValidator(_regex), _schema("string", format="regex")]
SecretText = Annotated[Secret, BeforeValidator(_secret), _schema("string")]
UserName = Annotated[str, BeforeValidator(_user_name), _schema("string")]
Password = Annotated[Secret, BeforeValidator(_password), _schema("string")]
# Text that is a secret when it came through a variable: str or Secret.
MaybeSecret = Annotated[Any, BeforeValidator(_maybe_variable), _schema("string")]
