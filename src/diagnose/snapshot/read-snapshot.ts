/**
 * Reads a heap snapshot from a file or from any bytes that come in pieces. Owned by whoever asks; the file is closed when it
 * is read, when it cannot be, and when the signal ends it.
 */
import { createReadStream, fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { SnapshotParser } from './parser.ts'
import type { Snapshot } from './snapshot.ts'

const CHUNK_BYTES = 1024 * 1024

export interface ReadOptions {
  readonly signal?: AbortSignal
  /** Called now and then with how much has been read, of how much; 0 when that is not known. */
  readonly progress?: (bytes: number, ofBytes: number) => void
}

/**
 * @param source the path of a file, its descriptor, or its bytes
 * @throws HoldfastError HF_SNAPSHOT_INVALID when it is no snapshot or ends too early; what the file system has to say; the
 * reason of the signal
 */
export async function readSnapshot(
  source: string | number | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { signal, progress }: ReadOptions = {},
): Promise<Snapshot> {
  const parser = new SnapshotParser()
  const ofBytes = await sizeOf(source)
  const options = { highWaterMark: CHUNK_BYTES, ...(signal === undefined ? {} : { signal }) }
  // Whoever has written it may have left the descriptor at the end.
  const chunks =
    typeof source === 'number'
      ? createReadStream('', { ...options, fd: source, start: 0 })
      : typeof source === 'string'
        ? createReadStream(source, options)
        : source
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      parser.write(chunk)
      progress?.(parser.bytes, ofBytes)
    }
  } catch (thrown) {
    // The stream of a file says only that it was aborted.
    signal?.throwIfAborted()
    throw thrown
  }
  return parser.end()
}

/** A pipe has no size, and one that nobody writes to would be waited for without end. */
async function sizeOf(source: unknown): Promise<number> {
  if (typeof source === 'number') return fstatSync(source).size
  if (typeof source !== 'string') return 0
  const seen = await stat(source)
  // Of a folder its reading complains.
  if (seen.isFile() || seen.isDirectory()) return seen.size
  throw Object.assign(new Error('it is no regular file; write the snapshot to one first'), { code: 'EINVAL' })
}
