/**
 * The chart of a soak: memory after each wave, the line through the last half, and what it says. Markup of our own, in the
 * looks of bench/chart.js. A pure function.
 */
import type { SoakRun } from './soak-self.ts'

const WIDTH = 960
const HEIGHT = 360
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 24, 70, 46]
const MIB = 1024 * 1024

const STYLE = `
  .back { fill: #ffffff } .title { fill: #1f2328; font-weight: 600 } .soft { fill: #59636e } .grid { stroke: #d1d9e0 }
  .own { fill: #0f766e } .raw { fill: #9aa4af } .line { stroke: #b35900; stroke-width: 2 }
  text { font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif; font-size: 12.5px }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } .title { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #3d444d }
    .own { fill: #2dd4bf } .raw { fill: #57606a } .line { stroke: #f0883e }
  }`

/** @returns a whole SVG document */
export function soakChart({ options, date, node, connections, rss, collected, slope }: SoakRun): string {
  const last = connections.at(-1) ?? 1
  const low = Math.floor(Math.min(...collected, ...rss) / MIB / 10) * 10
  const high = Math.max(low + 10, Math.ceil(Math.max(...collected, ...rss) / MIB / 10) * 10)
  const x = (count: number): string => (LEFT + (count / last) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (bytes: number): string =>
    (HEIGHT - BOTTOM - ((bytes / MIB - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const step = (high - low) / 5
  const grid = Array.from({ length: 6 }, (_, at) => low + at * step).map((mib) => {
    const height = y(mib * MIB)
    const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${height}" y2="${height}" class="grid"/>`
    return `${line}<text x="${LEFT - 8}" y="${Number(height) + 4}" text-anchor="end" class="soft">${mib} MiB</text>`
  })
  const ticks = Array.from({ length: 5 }, (_, at) => Math.round((last * at) / 4)).map(
    (count) => `<text x="${x(count)}" y="${HEIGHT - 24}" text-anchor="middle" class="soft">${count}</text>`,
  )
  const dots = (samples: readonly number[], name: string): string[] =>
    connections.map((count, at) => `<circle cx="${x(count)}" cy="${y(samples[at] ?? 0)}" r="2.5" class="${name}"/>`)
  const from = connections[Math.floor(connections.length / 2)] ?? 0
  const at = (count: number): string => y(slope.intercept + slope.slope * count)
  const fit = `<line x1="${x(from)}" y1="${at(from)}" x2="${x(last)}" y2="${at(last)}" class="line"/>`
  const leak = options.leakBytes > 0 ? `, of which it keeps ${options.leakBytes} bytes each (control)` : ''
  const head = `Memory of the server after each wave of ${options.perWave} connections${leak}`
  const bytes = (value: number): string => value.toFixed(1)
  const says = `last half: ${bytes(slope.slope)} bytes for each connection, 95 %: ${bytes(slope.low)} to ${bytes(slope.high)}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${head}">
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${HEIGHT}" rx="8" class="back"/>
<text x="24" y="30" class="title" style="font-size:16px">${head}</text>
<text x="24" y="50" class="soft">${date.slice(0, 10)} · Node ${node.slice(1)} · resident memory, as it is (grey) and after a collection</text>
<text x="24" y="${HEIGHT - 6}" class="soft">${says}</text>
${[...grid, ...ticks, ...dots(rss, 'raw'), ...dots(collected, 'own'), fit].join('\n')}
</svg>
`
}
