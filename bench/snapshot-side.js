// One side of bench/snapshot.js, in a process of its own: `ours` or `memlab`, the snapshot, the class whose objects have leaked.
// Prints one line of JSON: how long it took, its peak of memory, and the holder it names.
import { readFileSync } from 'node:fs'

const [, , side, file, className] = process.argv
const started = performance.now()
const { holder, read } = side === 'ours' ? await ours() : await memlab()
console.log(JSON.stringify({ ms: read, cpuMs: cpu(), peakBytes: peak(), holder }))

async function ours() {
  const { readSnapshot } = await import('../dist/diagnose/snapshot/read-snapshot.js')
  const { causes } = await import('../dist/diagnose/snapshot/causes.js')
  const snapshot = await readSnapshot(file)
  // Paths of all of them, the line, and the retained bytes of the holder.
  const found = await causes(snapshot, { className }, { retainedMax: 1 })
  const read = performance.now() - started
  const { holder, count, bytes } = found.causes[0]
  return { holder: `${holder.kind} ${holder.name}, ${count} objects, ${bytes} bytes`, read }
}

/** Loading alone, as the bar says; how the holder is found is not counted. */
async function memlab() {
  const { getFullHeapFromFile } = await import('@memlab/heap-analysis')
  const heap = await getFullHeapFromFile(file)
  const read = performance.now() - started
  let bytes = 0
  let count = 0
  const holders = new Map()
  heap.nodes.forEach((node) => {
    if (node.name !== className || node.type !== 'object') return
    // Its table, what has the table, and the edge that this is held by.
    const map = node.dominatorNode?.dominatorNode
    const name = map?.referrers.map((edge) => edge.name_or_index).find((one) => one !== '') ?? '?'
    const said = `${map?.name} ${name}`
    holders.set(said, (holders.get(said) ?? 0) + 1)
    bytes += node.retainedSize
    count++
  })
  const [holder] = [...holders].sort((a, b) => b[1] - a[1])[0] ?? ['none']
  return { holder: `${holder}, ${count} objects, ${bytes} bytes`, read }
}

function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function peak() {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
}
