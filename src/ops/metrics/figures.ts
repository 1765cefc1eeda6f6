/**
 * The figures behind the metrics, as plain data that can travel between processes, and how those of several processes become one.
 * Types and pure functions; nothing to end.
 */
import type { BucketFigures } from '../../base/buckets.ts'
import { METRIC_NAMES, type MetricEntry, type MetricName, metricOf } from './metric-table.ts'

export type Labels = Readonly<Record<string, string>>

/** Of a counter or a gauge. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** Of a histogram: not cumulative, one count for each bound of the table and one for what is above them. */
export interface BucketSample extends BucketFigures {
  readonly labels: Labels
}

/** By the names of the table. What is missing is not known here. */
export type MetricFigures = Readonly<Partial<Record<MetricName, readonly (Sample | BucketSample)[]>>>

/** What is written into figures while they are made. */
export type MutableFigures = Partial<Record<MetricName, (Sample | BucketSample)[]>>

export function isBucketSample(sample: Sample | BucketSample): sample is BucketSample {
  return 'counts' in sample
}

/** Adds one sample. */
export function put(
  figures: MutableFigures,
  name: MetricName,
  value: number | BucketFigures,
  labels: Labels = {},
): void {
  const list = figures[name] ?? []
  figures[name] = list
  list.push(typeof value === 'number' ? { labels, value } : { labels, ...value })
}

/** Adds them up: of each name and labels one sample. */
export function addUp(all: readonly MetricFigures[]): MetricFigures {
  const sum: MutableFigures = {}
  for (const name of METRIC_NAMES) {
    const samples = new Map<string, Sample | BucketSample>()
    for (const figures of all) {
      for (const sample of figures[name] ?? []) {
        const key = JSON.stringify(Object.entries(sample.labels).sort())
        const before = samples.get(key)
        samples.set(key, before === undefined ? sample : added(before, sample))
      }
    }
    if (samples.size > 0) sum[name] = [...samples.values()]
  }
  return sum
}

/** Those that are so. */
export function only(figures: MetricFigures, wanted: (entry: MetricEntry) => boolean): MetricFigures {
  return Object.fromEntries(Object.entries(figures).filter(([name]) => wanted(metricOf(name as MetricName))))
}

/** What stays when its process has gone: what can only grow, and belongs to all workers together. */
export function lasting(figures: MetricFigures): MetricFigures {
  return only(figures, ({ of, type }) => of === 'server' && type !== 'gauge')
}

/** With one label more on each sample. */
export function labelled(figures: MetricFigures, label: Labels): MetricFigures {
  const entries = Object.entries(figures).map(([name, samples]) => [
    name,
    (samples ?? []).map((sample) => ({ ...sample, labels: { ...sample.labels, ...label } })),
  ])
  return Object.fromEntries(entries)
}

/** Is it what another process, maybe of another version, says of itself? What this version does not know is left out. */
export function readFigures(value: unknown): MetricFigures | null {
  if (typeof value !== 'object' || value === null) return null
  const figures: MutableFigures = {}
  for (const name of METRIC_NAMES) {
    const samples: unknown = (value as Record<string, unknown>)[name]
    if (!Array.isArray(samples)) continue
    const entry = metricOf(name)
    figures[name] = samples.filter((sample: unknown) => fits(sample, entry))
  }
  return figures
}

function fits(sample: unknown, { type, buckets = [] }: MetricEntry): boolean {
  const { labels, value, counts, sum } = (sample ?? {}) as Record<string, unknown>
  if (typeof labels !== 'object' || labels === null) return false
  if (type !== 'histogram') return typeof value === 'number'
  return Array.isArray(counts) && counts.length === buckets.length + 1 && typeof sum === 'number'
}

function added(one: Sample | BucketSample, other: Sample | BucketSample): Sample | BucketSample {
  const { labels } = one
  if (isBucketSample(one) && isBucketSample(other)) {
    const counts = one.counts.map((count, place) => count + (other.counts[place] ?? 0))
    return { labels, counts, sum: one.sum + other.sum }
  }
  if (isBucketSample(one) || isBucketSample(other)) return one
  return { labels, value: one.value + other.value }
}
