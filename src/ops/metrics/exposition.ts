/**
 * From figures to what Prometheus reads: prom-client writes the text, of what the table and the figures say. It is loaded when somebody
 * asks for the first time. Functions; nothing to end.
 */
import { answer } from '../admin-answer.ts'
import type { AdminRoute } from '../admin-routes.ts'
import { type BucketSample, isBucketSample, type Labels, type MetricFigures, type Sample } from './figures.ts'
import { METRIC_NAMES, type MetricName, metricOf } from './metric-table.ts'

/** A value as prom-client has it. */
interface Row {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

const LONE: ReadonlySet<string> = new Set(['worker'])

/** `/metrics`: text as Prometheus reads it, OpenMetrics for whoever says that it wants it, JSON with `?format=json`. */
export function metricsRoute(read: () => Promise<MetricFigures>): AdminRoute {
  return {
    ...{ method: 'GET', path: '/metrics' },
    async handler({ accept, query }) {
      const figures = await read()
      if (query.get('format') === 'json') return answer.json(figures)
      const { type, text } = await exposition(figures, accept.includes('application/openmetrics-text'))
      return answer.bytes(Buffer.from(text), type)
    },
  }
}

export async function exposition(
  figures: MetricFigures,
  openMetrics = false,
): Promise<{ readonly type: string; readonly text: string }> {
  const { Registry } = await import('prom-client')
  const registry = new Registry<typeof Registry.PROMETHEUS_CONTENT_TYPE | typeof Registry.OPENMETRICS_CONTENT_TYPE>()
  if (openMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  for (const name of METRIC_NAMES) {
    const samples = figures[name]
    if (samples === undefined || samples.length === 0) continue
    const { type, help } = metricOf(name)
    // In OpenMetrics a family of counters has the name without `_total`, which prom-client puts behind it.
    const family = openMetrics && type === 'counter' ? name.replace(/_total$/, '') : name
    const metric = { name: family, help, type, aggregator: 'sum', values: samples.flatMap((one) => rowsOf(name, one)) }
    // What prom-client itself registers when it adds up the metrics of several processes.
    registry.registerMetric({ ...metric, get: () => Promise.resolve(metric) } as never)
  }
  return { type: registry.contentType, text: await registry.metrics() }
}

function rowsOf(name: MetricName, sample: Sample | BucketSample): Row[] {
  const labels = ordered(name, sample.labels)
  if (!isBucketSample(sample)) return [{ labels, value: sample.value }]
  const { buckets = [] } = metricOf(name)
  let count = 0
  const rows: Row[] = sample.counts.map((more, place) => {
    count += more
    const le = buckets[place] ?? '+Inf'
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
  })
  return [
    ...rows,
    { metricName: `${name}_sum`, labels, value: sample.sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

/** Only labels that are in the table, and that of the worker. */
function ordered(name: MetricName, labels: Labels): Readonly<Record<string, string>> {
  const names: readonly string[] = metricOf(name).labels
  return Object.fromEntries(Object.entries(labels).filter(([label]) => names.includes(label) || LONE.has(label)))
}
