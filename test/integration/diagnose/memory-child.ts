/**
 * A process that reads its memory, takes some of one kind, and reads again: the controls of memory.test.ts. Prints both as
 * JSON, and ends.
 */
import { createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type MemoryReport, readMemory } from '../../../src/diagnose/memory/read-memory.ts'

export interface Readings {
  readonly before: MemoryReport
  readonly after: MemoryReport
  /** By how much V8 says its used heap has grown. */
  readonly heapUsedBytes: number
  /** What was taken is still held, and is no garbage. */
  readonly held: number
}

export type Kind = 'buffers' | 'untouched' | 'small-buffers' | 'objects' | 'wave' | 'native' | 'wasm' | 'worker'

const MIB = 1024 * 1024

/** Each returns what it holds. */
const TAKES: Readonly<Record<Kind, () => unknown | Promise<unknown>>> = {
  buffers: () => Array.from({ length: 64 }, () => Buffer.alloc(MIB, 1)),
  untouched: () => Array.from({ length: 64 }, () => Buffer.alloc(MIB)),
  'small-buffers': () => Array.from({ length: 16_384 }, () => Buffer.alloc(4_096, 1)),
  objects: () => objects(),
  // They grow old and leave together, but for a few here and there, so that no page can be given back.
  async wave() {
    const stay = wave()
    // So that nothing on the stack is taken for a reference.
    await new Promise((resolve) => setImmediate(resolve))
    gc?.()
    return stay
  },
  // Keys lie in memory of OpenSSL, and nobody tells V8 of them.
  native() {
    const bytes = Buffer.alloc(32 * 1024, 1)
    return Array.from({ length: 1_600 }, () => createSecretKey(bytes))
  },
  wasm() {
    const memory = new WebAssembly.Memory({ initial: 800, maximum: 1_600 })
    new Uint8Array(memory.buffer).fill(1)
    return [memory]
  },
  async worker() {
    const hold = `
      globalThis.held = Array.from({ length: 64 }, () => Buffer.alloc(${MIB}, 1))
      require('node:worker_threads').parentPort.postMessage('held')
      setInterval(() => {}, 1000)`
    const worker = new Worker(hold, { eval: true })
    await once(worker, 'message')
    return [worker]
  },
}

function wave(): object[] {
  const all = objects().concat(objects())
  gc?.()
  return all.filter((_, at) => at % 200 === 0)
}

/** About 50 MB of them. */
function objects(): object[] {
  return Array.from({ length: 450_000 }, (_, at) => ({ at, name: `object ${at}`, more: [at, at], next: { at } }))
}

const kind = process.argv[2] as Kind
// The first reading compiles what the second one runs.
await readMemory()
gc?.()
const before = await readMemory()
const usedBefore = process.memoryUsage().heapUsed
const holds = (await TAKES[kind]()) as unknown[]
// Those that were needed only to make what is held; what a wave leaves behind is not to be given back yet.
if (kind !== 'wave') gc?.()
const after = await readMemory()
const heapUsedBytes = process.memoryUsage().heapUsed - usedBefore
console.log(JSON.stringify({ before, after, heapUsedBytes, held: holds.length } satisfies Readings))
process.exit(0)
