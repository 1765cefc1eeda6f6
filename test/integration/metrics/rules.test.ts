/**
 * What is in deploy/prometheus and deploy/grafana holds together: rules that are valid and tested, metrics that exist, a page for every alert.
 * Needs: prometheus
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { METRICS, type MetricEntry } from '../../../src/ops/metrics/metric-table.ts'
import { promtool } from '../../support/prometheus.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const RULES = readFileSync(join(ROOT, 'deploy/prometheus/rules.yml'), 'utf8')
const TESTS = readFileSync(join(ROOT, 'deploy/prometheus/rules.test.yml'), 'utf8')
const DASHBOARD = readFileSync(join(ROOT, 'deploy/grafana/holdfast.json'), 'utf8')
/** Metrics of applications, which they export themselves. */
const THEIRS = ['cache_requests_total', 'consumer_lag_seconds']

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string; readonly datasource: object }[]
}

interface Dashboard {
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] }
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[]
  }
}

const rules = (parse(RULES) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(DASHBOARD) as Dashboard

/** Names that are used and that nobody exports. */
function unknownNames(expression: string): string[] {
  const known = new Set<string>(THEIRS)
  for (const [name, { type }] of Object.entries<MetricEntry>(METRICS)) {
    if (type !== 'histogram') known.add(name)
    else for (const part of ['_bucket', '_sum', '_count']) known.add(`${name}${part}`)
  }
  const bare = expression.replace(/"[^"]*"/g, '""').replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
  const used = bare.match(/\b(holdfast|process|cache|consumer|nodejs)_\w+/g) ?? []
  return used.filter((name) => !known.has(name))
}

/** Labels that are used and that none of the metrics in it has. */
function unknownLabels(expression: string): string[] {
  const names = Object.keys(METRICS).filter((name) => expression.includes(name))
  const has = names.flatMap((name) => [...(METRICS as Record<string, MetricEntry>)[name]!.labels])
  const known = new Set([...has, 'job', 'instance', 'worker', 'le', ...(/cache_/.test(expression) ? ['result'] : [])])
  const grouped = [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const matched = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label)
  return [...grouped, ...matched].filter((label) => !known.has(label))
}

/** The rules and their tests, in a folder, with one of them changed. */
function folderWith(t: TestContext, change: (rules: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rules-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(ROOT, 'deploy/prometheus'), folder, { recursive: true })
  writeFileSync(join(folder, 'rules.yml'), change(RULES))
  return folder
}

describe('deploy/prometheus', () => {
  test('the rules are valid, and would be found if they were not', (t) => {
    const check = (change: (rules: string) => string) =>
      promtool(['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yml'], { cwd: folderWith(t, change) })
    assert.deepEqual(check((text) => text).status, 0, check((text) => text).printed)
    assert.notEqual(check((text) => text.replace('> 0.85', '> > 0.85')).status, 0)
  })

  test('their tests pass, and every expression decides them', (t) => {
    const run = (change: (rules: string) => string) =>
      promtool(['test', 'rules', 'rules.test.yml'], { cwd: folderWith(t, change) })
    const { status, printed } = run((text) => text)
    assert.equal(status, 0, printed)
    // Made to fire never, and always: both are noticed for each.
    const never = run((text) => text.replaceAll(/(expr: \|\n)/g, '$1          absent(vector(1)) and\n'))
    const always = run((text) => text.replaceAll(/(expr: \|\n)/g, '$1          vector(1) or\n'))
    for (const { alert } of rules) {
      assert.match(never.printed, new RegExp(`alertname: ?${alert}`), `${alert} never fires`)
      assert.match(always.printed, new RegExp(`alertname: ?${alert}`), `${alert} always fires`)
    }
  })

  test('every alert has a case in which it fires and one in which it stays quiet', () => {
    const { tests } = parse(TESTS) as { tests: { name: string; alert_rule_test: { exp_alerts: unknown[] }[] }[] }
    for (const { alert } of rules) {
      const counts = tests.filter(({ name }) => name.startsWith(`${alert} `)).flatMap((one) => one.alert_rule_test)
      assert.ok(
        counts.some(({ exp_alerts }) => exp_alerts.length > 0),
        `${alert} fires`,
      )
      assert.ok(
        counts.some(({ exp_alerts }) => exp_alerts.length === 0),
        `${alert} stays quiet`,
      )
    }
  })

  test('every alert has a page, with what to look at first, and no page is of none', () => {
    const pages = readdirSync(join(ROOT, 'docs/runbooks')).filter((name) => name !== 'README.md')
    for (const { alert, labels, annotations } of rules) {
      assert.match(labels.severity ?? '', /^(page|ticket)$/, alert)
      const path = join(ROOT, annotations.runbook ?? '')
      assert.ok(existsSync(path), `${alert}: ${annotations.runbook}`)
      const text = readFileSync(path, 'utf8')
      assert.ok(text.includes(`\`${alert}\``), `${path} names ${alert}`)
      for (const part of ['## What it means', '## Look at first', '## What to do', '## When to silence']) {
        assert.ok(text.includes(part), `${path}: ${part}`)
      }
    }
    const wanted = new Set(rules.map(({ annotations }) => annotations.runbook?.replace('docs/runbooks/', '')))
    assert.deepEqual(
      pages.filter((page) => !wanted.has(page)),
      [],
    )
  })

  test('the configuration is valid', (t) => {
    const folder = folderWith(t, (text) => text)
    const path = join(folder, 'scrape.yml')
    writeFileSync(join(folder, 'token'), 'secret')
    const text = readFileSync(path, 'utf8').replace('/etc/prometheus/holdfast-token', join(folder, 'token'))
    writeFileSync(path, text)
    const { status, printed } = promtool(['check', 'config', 'scrape.yml'], { cwd: folder })
    assert.equal(status, 0, printed)
    writeFileSync(path, text.replace('scrape_configs', 'scrape_config'))
    assert.notEqual(promtool(['check', 'config', 'scrape.yml'], { cwd: folder }).status, 0)
  })
})

describe('every metric that is used exists', () => {
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

  test('in the rules', () => {
    assert.deepEqual(
      rules.flatMap(({ expr }) => [...unknownNames(expr), ...unknownLabels(expr)]),
      [],
    )
  })

  test('in the dashboard', () => {
    assert.ok(expressions.length > 40)
    assert.deepEqual(
      expressions.flatMap((expr) => [...unknownNames(expr), ...unknownLabels(expr)]),
      [],
    )
  })

  test('negative control: one that does not is found', () => {
    assert.deepEqual(unknownNames('rate(holdfast_connections_open_total[5m])'), ['holdfast_connections_open_total'])
    assert.deepEqual(unknownNames('holdfast_gc_pause_seconds > 0'), ['holdfast_gc_pause_seconds'])
    assert.deepEqual(unknownLabels('sum by (job, path) (holdfast_connections{kind="x"})'), ['path', 'kind'])
  })

  test('and every metric of the table is in the dashboard', () => {
    const all = expressions.join('\n')
    const missing = Object.keys(METRICS).filter((name) => !all.includes(name))
    assert.deepEqual(missing, [])
  })
})

describe('the dashboard and the pages', () => {
  /** As rules, which promtool reads as Prometheus would. */
  function parsed(t: TestContext, expressions: readonly string[]) {
    const folder = folderWith(t, (text) => text)
    const rulesOf = expressions.map((expr, at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'all'),
    }))
    writeFileSync(join(folder, 'panels.yml'), stringify({ groups: [{ name: 'panels', rules: rulesOf }] }))
    return promtool(['check', 'rules', 'panels.yml'], { cwd: folder })
  }

  test('every expression of a panel, and of the marks of reloads, is one that Prometheus understands', (t) => {
    const panels = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    const marks = dashboard.annotations.list.map(({ expr }) => expr)
    assert.ok(marks.length > 0)
    assert.deepEqual(marks.flatMap(unknownNames), [])
    const { status, printed } = parsed(t, [...panels, ...marks])
    assert.equal(status, 0, printed)
    for (const wrong of ['sum by (route (holdfast_connections)', 'rate(holdfast_connections)']) {
      assert.notEqual(parsed(t, [...panels, wrong]).status, 0, `negative control: ${wrong}`)
    }
  })

  test('a panel that a page names is there', () => {
    const titles = dashboard.panels.map(({ title }) => title)
    const marks = dashboard.annotations.list.map(({ name }) => name)
    const unknown = (text: string): string[] =>
      [...text.matchAll(/(?<![*\w])\*([A-Z][^*\n]+)\*(?!\*)/g)]
        .map(([, name = '']) => name)
        .filter((name) => ![...titles, ...marks].some((title) => title === name))
    for (const page of readdirSync(join(ROOT, 'docs/runbooks'))) {
      assert.deepEqual(unknown(readFileSync(join(ROOT, 'docs/runbooks', page), 'utf8')), [], page)
    }
    assert.deepEqual(unknown('see *Closed by code* and *Closed by nobody*'), ['Closed by nobody'], 'negative control')
  })
})

test('the dashboard asks whichever data source and instances one chooses', () => {
  assert.deepEqual(
    dashboard.templating.list.map(({ name, type }) => `${name}: ${type}`),
    ['datasource: datasource', 'job: query', 'instance: query'],
  )
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  assert.deepEqual(rows, ['Overview', 'Traffic', 'Memory', 'Diagnosis'])
  for (const { title, targets = [] } of dashboard.panels) {
    for (const { expr, datasource } of targets) {
      assert.match(JSON.stringify(datasource), /^\{"type":"prometheus","uid":"\$\{datasource\}"\}$/, title)
      assert.match(expr, /job=~"\$job", instance=~"\$instance"/, title)
    }
  }
})
