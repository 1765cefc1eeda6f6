import assert from 'node:assert/strict'
import { test } from 'node:test'

const bench = (name: string): string => new URL(`../../../bench/${name}`, import.meta.url).href
const { asChart, escaped }: { asChart: (run: unknown, node: string) => string; escaped: (text: string) => string } =
  await import(bench('chart.js'))
const {
  asMarkdown,
  asText,
  readable,
}: {
  asMarkdown: (run: unknown) => string
  asText: (run: unknown) => string
  readable: (value: number | null, unit: string) => string
} = await import(bench('report.js'))

const one = (peer: string, node: string | null, median: number | null, title = peer, cpu = 100): object => ({
  peer,
  node,
  title,
  median,
  perCpuSecond: median === null ? null : cpu,
  spread: median === null ? null : 0.1,
  runs: median === null ? [{ run: 1, error: 'refused' }] : [{ run: 1, value: median }],
})

const run = {
  date: '2026-01-31T00:00:00.000Z',
  machine: { cpu: 'A <fast> & "new" CPU', cores: 2, kernel: '6.1', commit: null, commitIsClean: null },
  settings: { runs: 1, seconds: 1, nodes: ['20', '26'], pinned: true },
  peers: [{ peer: 'holdfast', title: 'Holdfast', node: '20', nodeVersion: 'v20.20.2' }],
  absent: [{ peer: 'bun', reason: 'no | network' }],
  results: [
    {
      question: 'q',
      title: 'echo <1>',
      unit: 'msg/s',
      better: 'higher',
      obstacle: null,
      participants: [
        one('holdfast', '20', 400, 'Holdfast', 300),
        one('ws', '20', 100),
        one('ws', '26', 90),
        one('bun', null, null, "Bun's"),
      ],
    },
  ],
  verdicts: [{ question: 'q', node: '20', against: 'ws', atLeast: 5, ratio: 4, verdict: 'missed' }],
}

test('escaped: nothing that markup could take for its own', () => {
  assert.equal(escaped(`<a b="c">&'</a>`), '&lt;a b=&quot;c&quot;&gt;&amp;&#39;&lt;/a&gt;')
})

test('chart: text is escaped, bars stay inside the picture, only the Node asked for is drawn', () => {
  const svg = asChart(run, '20')
  assert.match(svg, /A &lt;fast&gt; &amp; &quot;new&quot; CPU/)
  assert.match(svg, /echo &lt;1&gt;/)
  assert.match(svg, /Bun&#39;s/)
  assert.doesNotMatch(svg, /NaN|undefined|null|<fast>/)
  assert.equal(svg.match(/class="(own|peer)"/g)?.length, 3)
  const texts = [...svg.matchAll(/<text x="([\d.]+)"[^>]*>(.*?)<\/text>/g)]
  assert.ok(texts.length > 5)
  for (const [, left, marked] of texts) {
    const text = String(marked).replace(/<[^>]*>/g, '')
    assert.ok(Number(left) + text.length * 7.2 <= 960, `${text} is clipped`)
  }
})

test('report: figures, ratios, verdicts, who is absent and what failed are all named', () => {
  const text = asText(run)
  assert.match(text, /4\.00×/)
  assert.match(text, />= 5 × ws .*NOT REACHED/)
  assert.match(text, /absent: bun: no \| network/)
  assert.match(text, /failed: echo <1>, Bun's, 1 of 1 runs: refused/)
  assert.match(asMarkdown(run), /\| echo <1> \| 20 \| >= 5 × ws \| 4\.00× \| 3\.00× \| NOT REACHED \|/)
})

test('readable: short figures, memory in KiB, a dash for none', () => {
  assert.deepEqual(
    [
      readable(1_234_567, 'msg/s'),
      readable(45_678, 'msg/s'),
      readable(1_234, 'msg/s'),
      readable(7_270, 'bytes'),
      readable(null, 'x'),
    ],
    ['1.23M', '46k', '1.2k', '7.1 KiB', '–'],
  )
})
