/**
 * Memory as a target reports it to Prometheus: a heap and the resident memory, by the names that the client libraries of Go,
 * Node and others give them, or one metric by its name. Nothing is collected before: samples have garbage in them.
 *
 * Holds nothing.
 */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError, messageOf } from '../../base/errors.ts'
import { fetchBytes } from '../dial/fetch-bytes.ts'
import type { MemoryKind, MemorySource } from './memory-source.ts'
import { withoutLogin } from './pprof-source.ts'

/** Of each kind the first that is there. */
const KNOWN: Readonly<Record<MemoryKind, readonly string[]>> = {
  heap: [
    ...['go_memstats_heap_alloc_bytes', 'go_memstats_heap_inuse_bytes', 'go_memstats_alloc_bytes'],
    ...['nodejs_heap_size_used_bytes', 'nodejs_heap_used_bytes', 'jvm_memory_used_bytes', 'dotnet_total_memory_bytes'],
  ],
  rss: ['process_resident_memory_bytes'],
}

/**
 * @param metric which one to watch; null: those that are known
 * @throws HoldfastError HF_SOAK_FAILED when there is none
 */
export async function metricsSource(url: string, metric: string | null, clock: Clock): Promise<MemorySource> {
  const shown = withoutLogin(url)
  const failed = (seen: string, wanted: string, todo: string): HoldfastError =>
    new HoldfastError('HF_SOAK_FAILED', { seen: `--metrics ${shown}: ${seen}`, wanted, todo })
  const usual = 'the URL that Prometheus scrapes, http://HOST:PORT/metrics'
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw failed('it is no URL', usual, 'give that URL')
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    try {
      return parseMetrics(String(await fetchBytes(clock, url)))
    } catch (thrown) {
      throw failed(messageOf(thrown), usual, 'look whether the target is there and answers')
    }
  }
  const names = namesIn(await read(), metric)
  if (names.length === 0) {
    const known = [...KNOWN.heap, ...KNOWN.rss]
    if (metric !== null)
      throw failed(`there is no metric ${metric}`, 'one of those it has', 'choose another with --metric')
    throw failed('none of its metrics is known as memory', `one of ${known.join(', ')}`, 'name one with --metric')
  }
  return {
    name: `the metrics ${shown}`,
    series: names.map(({ name, kind }) => ({ name, kind, isCollected: false })),
    async sample() {
      const values = await read()
      return names.map(({ name }) => {
        const value = values.get(name)
        if (value !== undefined) return value
        throw failed(`${name} is no longer there`, 'it to stay', 'look whether the target was started again')
      })
    },
    end: async () => {},
  }
}

function namesIn(values: ReadonlyMap<string, number>, metric: string | null): { name: string; kind: MemoryKind }[] {
  if (metric !== null) {
    const kind = KNOWN.rss.includes(metric) || /resident|rss/.test(metric) ? 'rss' : 'heap'
    return values.has(metric) ? [{ name: metric, kind }] : []
  }
  return (['heap', 'rss'] as const).flatMap((kind) => {
    const name = KNOWN[kind].find((known) => values.has(known))
    return name === undefined ? [] : [{ name, kind }]
  })
}

/** The values of a text for Prometheus, by name; several of one name, with different labels, are added up. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    // NAME{label="value, with } and spaces"} VALUE [TIME]
    const [, name, value] = /^([A-Za-z_:][\w:]*)(?:\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})?\s+(\S+)/.exec(line) ?? []
    if (name === undefined || Number.isNaN(Number(value))) continue
    values.set(name, (values.get(name) ?? 0) + Number(value))
  }
  return values
}
