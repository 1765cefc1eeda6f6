/**
 * Reads a heap snapshot from a file or from any bytes that come in pieces. Owned by whoever asks; the file is closed when it
 * is read, when it cannot be, and when the signal ends it.
 */
import { createReadStream } from 'node:fs'
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
 * @param source the path of a file, or its bytes
 * @throws HoldfastError HF_SNAPSHOT_INVALID when it is no snapshot or ends too early; what the file system has to say; the
 * reason of the signal
 */
export async function readSnapshot(
  source: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<Snapshot> {
  const { signal, progress } = options
  const parser = new SnapshotParser()
  const ofBytes = typeof source === 'string' ? await bytesOf(source) : 0
  const chunks =
    typeof source === 'string'
      ? createReadStream(source, { highWaterMark: CHUNK_BYTES, ...(signal === undefined ? {} : { signal }) })
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
async function bytesOf(path: string): Promise<number> {
  const seen = await stat(path)
  // Of a folder its reading complains.
  if (seen.isFile() || seen.isDirectory()) return seen.size
  throw Object.assign(new Error('it is no regular file; write the snapshot to one first'), { code: 'EINVAL' })
}
