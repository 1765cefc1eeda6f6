/**
 * The heap of a Node process after a collection, through its inspector, and its RSS. The heap is that of JavaScript and what its
 * objects hold outside of it, such as Buffers.
 *
 * Opened by whoever soaks; `end()` closes the inspector again, if it was opened here.
 */
import type { Clock } from '../../base/clock.ts'
import { pause } from '../dial/waiting.ts'
import type { InspectorClient } from '../inspect/inspector-client.ts'
import { type OpenOptions, openInspector } from '../inspect/open-inspector.ts'
import type { MemorySource } from './memory-source.ts'
import { rssReader } from './rss-source.ts'

/** What a collection frees may free more in the next: finalizers run in between. */
const COLLECTIONS = 3
const BETWEEN_MS = 30

export interface NodeSource extends MemorySource {
  readonly port: number
  /** The inspector was open before, and stays open. */
  readonly wasOpen: boolean
}

/** @throws HoldfastError HF_PROCESS_UNFIT, HF_INSPECTOR_FAILED; the reason of the signal */
export async function nodeSource(pid: number, clock: Clock, options: OpenOptions = {}): Promise<NodeSource> {
  const rss = rssReader(pid)
  const inspector = await openInspector(pid, clock, options)
  const { client, port, wasOpen } = inspector
  let ending: Promise<boolean> | null = null
  return {
    name: `process ${pid} (Node)`,
    series: [
      { name: 'heap after collection', kind: 'heap', isCollected: true },
      { name: 'RSS', kind: 'rss', isCollected: true },
    ],
    ...{ port, wasOpen },
    async sample() {
      // First: when the process is gone, this says so best.
      rss()
      let [heap, resident] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      for (let round = 0; round < COLLECTIONS; round++) {
        heap = Math.min(heap, await collectedHeap(client))
        await pause(clock, BETWEEN_MS)
        resident = Math.min(resident, rss())
      }
      // Last: what is compiled for it stays a while, and would be in the figures of the heap.
      const external = await client.evaluate('process.memoryUsage().external')
      return [heap + (typeof external === 'number' ? external : 0), resident]
    },
    async end() {
      ending ??= inspector.end()
      await ending
    },
  }
}

async function collectedHeap(client: InspectorClient): Promise<number> {
  // While an inspector is open, V8 keeps what was printed, objects and all.
  await client.ask('Runtime.discardConsoleEntries')
  await client.ask('HeapProfiler.collectGarbage')
  const { usedSize } = await client.ask('Runtime.getHeapUsage')
  return Number(usedSize)
}
