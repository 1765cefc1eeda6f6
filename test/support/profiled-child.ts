// A process with an admin port, for the tests of /debug/pprof/. Its one argument says what it does, as JSON: see ChildDoes.
// Says its port in the first line, and ends with its standard input.
import { once } from 'node:events'
import { Session } from 'node:inspector'
import { createServer } from '../../src/index.ts'
import { admin, answer } from '../../src/ops/index.ts'

export interface ChildDoes {
  /** Keeps what it allocates; otherwise it drops it. */
  readonly leaks: boolean
  /** Takes half of a processor. */
  readonly spins: boolean
  readonly heapFromStart: boolean
  /** Three tasks and a timer are under way, in the scope of the server. */
  readonly holds?: boolean
  /** A compiled module whose `run` is called again and again, with Node's own source maps switched off. */
  readonly compiled?: string
  /** Another profiler has the heap sampler first. POST /other/stop ends it. */
  readonly otherFirst?: boolean
}

const does = JSON.parse(process.argv[2] ?? '{}') as ChildDoes
const kept: unknown[] = []
let rounds = 0

function allocateInChild(): unknown[] {
  const made: unknown[] = []
  for (let index = 0; index < 2_000; index++) made.push({ index, text: `text ${index}`, list: [index] })
  return made
}

/** Calls itself, so that it is not inlined into whoever calls it, whose time this would be otherwise. */
function spinInChild(depth: number): number {
  return depth < 2 ? depth : spinInChild(depth - 1) + spinInChild(depth - 2)
}

const other = new Session()
other.connect()
const askOther = (method: string): unknown => {
  let said: unknown
  other.post(method, (error: Error | null, result?: object) => {
    said = error?.message ?? result
  })
  return said
}
if (does.otherFirst) askOther('HeapProfiler.startSampling')

const server = createServer()
const { port } = await admin(server, {
  port: 0,
  pprof: { heapFromStart: does.heapFromStart },
  routes: [
    {
      ...{ method: 'GET', path: '/rounds' },
      handler: () => answer.json({ rounds }),
    },
    {
      ...{ method: 'GET', path: '/other' },
      handler: () => answer.json({ samples: typeof askOther('HeapProfiler.getSamplingProfile') === 'object' }),
    },
    {
      ...{ method: 'POST', path: '/other/stop' },
      handler: () => answer.json(askOther('HeapProfiler.stopSampling') === undefined),
    },
  ],
})

function holdInChild(): void {
  for (let count = 0; count < 3; count++) void server.scope.task('saveHistory', (signal) => once(signal, 'abort'))
  server.scope.every(60_000, () => {}, 'ticker')
}
if (does.holds) holdInChild()

setInterval(() => {
  const made = allocateInChild()
  if (does.leaks) kept.push(made)
  if (does.spins) spinInChild(30)
  rounds++
}, 20)
if (does.compiled !== undefined) {
  process.setSourceMapsEnabled(false)
  const { run } = (await import(does.compiled)) as { run(): void }
  setInterval(run, 20)
}
process.stdin.on('end', () => process.exit(0)).resume()
console.log(port)
