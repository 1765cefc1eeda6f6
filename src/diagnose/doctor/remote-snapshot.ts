/**
 * A heap snapshot of another Node process, through its inspector, as its bytes come. The process stands still while it is taken.
 *
 * Owned by whoever reads the chunks, to the end or not: leaving the loop ends it.
 */
import type { InspectorClient } from '../inspect/inspector-client.ts'

/** So many bytes wait for whoever reads before the process is made to wait. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** For the whole of it. */
const TAKE_MS = 30 * 60_000

export async function* remoteSnapshot(client: InspectorClient, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  // Bounded by WAITING_BYTES_MAX and what one read brings. Removed by: the loop below.
  const waiting: Buffer[] = []
  let bytes = 0
  let wake = (): void => {}
  let over = false
  const off = client.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    const part = Buffer.from(String(chunk))
    waiting.push(part)
    bytes += part.length
    if (bytes > WAITING_BYTES_MAX) client.pause()
    wake()
  })
  const taken = client.ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false }, TAKE_MS).finally(() => {
    over = true
    wake()
  })
  // It is awaited below; here only so that nobody takes it for unhandled meanwhile.
  taken.catch(() => {})
  const stop = (): void => wake()
  signal?.addEventListener('abort', stop)
  try {
    for (;;) {
      signal?.throwIfAborted()
      const part = waiting.shift()
      if (part !== undefined) {
        bytes -= part.length
        if (bytes < WAITING_BYTES_MAX / 2) client.resume()
        yield part
      } else if (over) {
        await taken
        return
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    off()
    client.resume()
  }
}

/**
 * To be called after the last snapshot: from the first on, objects are made several times slower, for as long as the process lives. Not between
 * two of them: all objects would have other ids afterwards, and what is new could not be told from what was there.
 */
export async function recover(client: InspectorClient, deadlineMs?: number): Promise<void> {
  await client.ask('HeapProfiler.disable', {}, deadlineMs).catch(() => {})
}

/** Bytes of the heap that are used, by living and dead objects. */
export async function remoteHeapUsed(client: InspectorClient): Promise<number> {
  const { usedSize } = await client.ask('Runtime.getHeapUsage')
  return Number(usedSize)
}
