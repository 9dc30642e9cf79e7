"""`stackctl check`: what it shows, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main
from tests.unit.manifest.test_queries import SERVICE, write


def check(folder: Path, expr: str, *arguments: str, services: str = SERVICE) -> int:
    return main(["-f", str(write(folder, expr, services)), "check", *arguments])


def test_check_fails_with_the_expression_that_was_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "rate(depth[5m])") == 1
    assert "help: Write `deriv(depth[5m])`." in capsys.readouterr().err


def test_check_shows_warnings_and_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "histogram_quantile(0.9, latency_seconds_bucket)") == 0
    out = capsys.readouterr().out
    assert "hardly moves" in out
    assert "shop: " in out


def test_check_writes_severities_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = "histogram_quantile(0.9, latency_seconds_bucket) > 1"
    assert check(tmp_path, bare, "--output", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["status"] for each in report["diagnostics"]]) == (True, ["warn"])
    assert check(tmp_path, bare, "--output", "github") == 0
    assert capsys.readouterr().out.startswith("::warning file=")
    assert check(tmp_path, "rate(depth[5m]) > 1", "--output", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["status"] for each in report["diagnostics"]]) == (False, ["fail"])


def test_check_shows_warnings_next_to_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "rate(depth[5m])") == 1
    said = capsys.readouterr().err
    assert "failed: r.yml" in said
    assert "warning: r.yml" in said
    assert "1 problem, 1 warning" in said
    assert check(tmp_path, "rate(depth[5m])", "--output", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], sorted(each["status"] for each in report["diagnostics"])) == (False, ["fail", "warn"])


def check_ignoring(folder: Path, exception: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    manifest = write(folder, "up == 0", more=f"ignore: [{exception}]\n")
    code = main(["-f", str(manifest), "check"])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_check_refuses_an_exception_from_an_unknown_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = check_ignoring(tmp_path, "{check: panel.dat, reason: r}", capsys)
    assert code == 1
    assert "stack.yml:3:10: ignore: there is no check `panel.dat`" in said
    assert "Did you mean `panel.data`?" in said


def test_check_warns_of_an_exception_that_has_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = check_ignoring(tmp_path, "{check: panel, reason: r, until: 2026-01-31}", capsys)
    assert code == 0
    assert "the exception from `panel` ended on 2026-01-31" in said
    assert check_ignoring(tmp_path, "{check: panel, reason: r, until: 9999-12-31}", capsys)[1].count("exception") == 0


def test_check_accepts_what_the_manifest_ignores_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exception = "ignore: [{check: promql.rate-of-gauge, subject: r.yml, reason: a counter in disguise}]\n"
    manifest = write(tmp_path, "rate(depth[5m]) > 1", more=exception)
    assert main(["-f", str(manifest), "check"]) == 0
    assert "ignored (a counter in disguise): " in capsys.readouterr().err
    assert main(["-f", str(manifest), "check", "--output", "json"]) == 0
    (accepted,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (accepted["code"], accepted["status"]) == ("promql.rate-of-gauge", "skip")


@pytest.mark.parametrize(
    "exception", ["{check: promql.unknown-metric, reason: r}", "{check: promql, subject: x, reason: r}"]
)
def test_another_exception_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], exception: str) -> None:
    manifest = write(tmp_path, "rate(depth[5m])", more=f"ignore: [{exception}]\n")
    assert main(["-f", str(manifest), "check"]) == 1
    assert "treats every decrease as a restart" in capsys.readouterr().err


def test_check_refuses_an_exception_from_what_cannot_be_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = check_ignoring(tmp_path, "{check: manifest.unknown-key, reason: r}", capsys)
    assert code == 1
    assert "ignore: `manifest.unknown-key` cannot be ignored" in said


RULES = "groups: [{name: g, rules: [{record: r, expr: '%s'}]}]\n"


def test_check_of_files_needs_no_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yml").write_text(RULES % "sum(x)")
    assert main(["check", "a.yml"]) == 0
    assert capsys.readouterr().out.endswith(" 1 file: 1 rule\n")
    (tmp_path / "b.yml").write_text(RULES % "histogram_quantile(90, sum by (le) (rate(x_bucket[5m])))")
    assert main(["check", "a.yml", "b.yml"]) == 1
    assert "b.yml:1:47: r: `histogram_quantile()` takes a number between 0 and 1" in capsys.readouterr().err
    (tmp_path / "c.yml").write_text(RULES % "sum(")
    assert main(["check", "."]) == 2
    said = capsys.readouterr().err
    assert "c.yml:1:46: groups[0].rules[0].expr: not PromQL" in said
    assert "stack.yml" not in said


def test_check_of_files_knows_the_contracts_of_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write(tmp_path, "increase(depth[5m]) > 1")
    (tmp_path / "more.yml").write_text(RULES % "delta(depth[5m])")
    assert main(["-f", str(manifest), "check", str(tmp_path / "more.yml")]) == 1
    assert "r.yml" in capsys.readouterr().err
    manifest = write(tmp_path, "delta(depth[5m]) > 1")
    (tmp_path / "more.yml").write_text(RULES % "rate(depth[5m])")
    assert main(["-f", str(manifest), "check", str(tmp_path / "more.yml")]) == 1
    assert "more.yml:1:47: r: `rate()` of the gauge `depth`" in capsys.readouterr().err


def test_check_of_files_reports_warnings_of_these_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write(tmp_path, "depth")
    (tmp_path / "more.yml").write_text(RULES % "sum by (region) (depth)")
    assert main(["-f", str(manifest), "check", str(tmp_path / "more.yml"), "--output", "json"]) == 0
    codes = [each["code"] for each in json.loads(capsys.readouterr().out)["diagnostics"]]
    assert [code for code in codes if not code.startswith("checker.")] == ["promql.lost-label"]


def test_check_of_files_needs_the_manifest_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yml").write_text(RULES % "sum(x)")
    assert main(["-f", str(tmp_path / "other.yml"), "check", str(tmp_path / "a.yml")]) == 2
    assert "other.yml does not exist" in capsys.readouterr().err


def test_check_corrects_only_the_files_that_are_named(tmp_path: Path) -> None:
    manifest = write(tmp_path, "delta(depth[5m]) > 1")
    (tmp_path / "r.yml").write_text(RULES % "quantile(90, depth)")
    (tmp_path / "more.yml").write_text(RULES % "rate(depth[5m])")
    assert main(["-f", str(manifest), "check", str(tmp_path / "more.yml"), "--diff"]) == 1
    main(["-f", str(manifest), "check", str(tmp_path / "more.yml"), "--fix"])
    assert (tmp_path / "more.yml").read_text() == RULES % "deriv(depth[5m])"
    assert (tmp_path / "r.yml").read_text() == RULES % "quantile(90, depth)"


def test_check_of_files_knows_each_way_to_write_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write(tmp_path, "sum by (region) (depth) > 1")
    manifest.write_text(manifest.read_text().replace("file: r.yml", "file: ./r.yml"))
    assert main(["-f", str(manifest), "check", str(tmp_path / "r.yml"), "--output", "json"]) == 0
    codes = [each["code"] for each in json.loads(capsys.readouterr().out)["diagnostics"]]
    assert "promql.lost-label" in codes


BARE = "histogram_quantile(0.9, latency_seconds_bucket) > 1"


def test_warnings_fail_where_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, BARE, "--fail-on", "warning") == 1
    assert "hardly moves" in capsys.readouterr().out
    assert check(tmp_path, BARE, "--fail-on", "warning", "--output", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["status"] for each in report["diagnostics"]]) == (False, ["warn"])
    assert check(tmp_path, BARE, "--fail-on", "warning", "--ignore", "promql.raw-buckets") == 0


def test_only_selected_warnings_are_shown_and_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, BARE, "--fail-on", "warning", "--select", "rule") == 0
    assert "hardly moves" not in capsys.readouterr().out
    assert check(tmp_path, BARE, "--fail-on", "warning", "--select", "promql") == 1


def test_baseline_lets_only_new_warnings_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--fail-on", "warning", "--baseline", str(tmp_path / "baseline.json"))
    assert check(tmp_path, BARE, *options) == 2
    assert "add that option" in capsys.readouterr().err
    assert check(tmp_path, BARE, *options, "--write-baseline") == 0
    assert "written to" in capsys.readouterr().err
    assert check(tmp_path, BARE, *options) == 0
    captured = capsys.readouterr()
    assert "hardly moves" not in captured.out + captured.err
    assert check(tmp_path, f"{BARE} or up > 1", *options) == 1
    out = capsys.readouterr().out
    assert "never true" in out
    assert "hardly moves" not in out
    assert check(tmp_path, "up == 0", *options) == 0
    assert "no longer found: 1 finding of the baseline" in capsys.readouterr().err


def test_warnings_of_the_baseline_are_not_shown_next_to_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = ("--baseline", str(tmp_path / "baseline.json"))
    assert check(tmp_path, BARE, *baseline, "--write-baseline") == 0
    capsys.readouterr()
    assert check(tmp_path, f"{BARE} and rate(depth[5m])", *baseline) == 1
    said = capsys.readouterr().err
    assert "deriv(depth[5m])" in said
    assert "hardly moves" not in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--write-baseline"], "--write-baseline needs --baseline"),
        (["--write-baseline", "--baseline", "b", "--select", "promql"], "cannot be used together"),
        (["--select", "nothing"], "--select: there is no code `nothing`"),
    ],
)
def test_refuses_options_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert check(tmp_path, BARE, *options) == 2
    assert words in capsys.readouterr().err


def test_all_variants_of_a_manifest_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = write(tmp_path, BARE, SERVICE)
    (tmp_path / "stack.prod.yml").write_text("version: 1\nname: shop-prod\ninclude: [stack.yml]\n")
    assert main(["-f", str(manifest), "check", "--all"]) == 0
    out = capsys.readouterr().out
    assert (out.count("✓ shop: "), out.count("✓ shop-prod: "), out.count("hardly moves")) == (1, 1, 1)
    (tmp_path / "stack.test.yml").write_text("version: 1\nname: shop test\ninclude: [stack.yml]\n")
    assert main(["-f", str(manifest), "check", "--all"]) == 2
    captured = capsys.readouterr()
    assert "stack.test.yml:2:7: name: " in captured.err
    assert "✓" not in captured.out


def test_all_does_not_go_with_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, BARE, "--all", "--fix") == 2
    assert "--all checks whole manifests" in capsys.readouterr().err


def test_check_names_what_is_unused_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "up == 0") == 0
    assert "reads `" not in "".join(capsys.readouterr())
    assert check(tmp_path, "up == 0", "--select", "contract.unused", "--fail-on", "warning") == 0
    said = "".join(capsys.readouterr())
    assert all(f"reads `{name}` of `api`" in said for name in ("requests_total", "latency_seconds", "depth", "phase"))


def test_check_shows_three_suggestions_and_counts_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = " or ".join(f"a{each}_requests_total > 100" for each in range(5))
    services = '  other: {targets: ["localhost:8001"]}\n'
    assert check(tmp_path, odd, "--fail-on", "warning", services=services) == 0
    said = "".join(capsys.readouterr())
    assert said.count("a counter by its name") == 3
    assert "2 more suggestions: `stackctl check --output json` lists them all" in said
    assert check(tmp_path, odd, "--select", "promql.raw-counter", services=services) == 0
    assert "".join(capsys.readouterr()).count("a counter by its name") == 5
