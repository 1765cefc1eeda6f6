import assert from 'node:assert/strict'
import { test } from 'node:test'

type Bar = { question: string; against: string; atLeast?: number; atMost?: number }
type Result = { question: string; participants: { peer: string; node: string | null; median: number | null }[] }
type Verdict = Bar & { node: string; ratio: number; verdict: string }

// The benchmark is plain JavaScript, so its types are stated here.
const bench = (name: string): string => new URL(`../../../bench/${name}`, import.meta.url).href
const {
  BARS,
  judge,
  verdictOf,
}: {
  BARS: Bar[]
  judge: (results: Result[], subject?: string, bars?: Bar[]) => Verdict[]
  verdictOf: (bar: Bar, ratio: number) => string
} = await import(bench('bars.js'))
const { median, spread }: Record<'median' | 'spread', (values: number[]) => number | null> = await import(
  bench('stats.js')
)
const {
  QUESTIONS,
  questionsFor,
}: {
  QUESTIONS: { id: string }[]
  questionsFor: (words: string[]) => { id: string }[]
} = await import(bench('questions.js'))

const atLeast = (value: number): Bar => ({ question: 'q', against: 'ws', atLeast: value })
const atMost = (value: number): Bar => ({ question: 'q', against: 'ws', atMost: value })

test('median: the middle value, the mean of two, null for none; the values keep their order', () => {
  const values = [9, 1, 5]
  assert.equal(median(values), 5)
  assert.deepEqual(values, [9, 1, 5])
  assert.equal(median([10, 9, 1, 2]), 5.5)
  assert.equal(median([7]), 7)
  assert.equal(median([]), null)
})

test('spread: distance between the extremes as a share of the median', () => {
  assert.equal(spread([90, 100, 110]), 0.2)
  assert.equal(spread([]), null)
})

test('verdicts: reached at the bar, noise within 3 %, missed beyond', () => {
  for (const [bar, ratio, verdict] of [
    [atLeast(1.1), 1.1, 'reached'],
    [atLeast(1.1), 1.099, 'noise'],
    [atLeast(1.1), 1.068, 'noise'],
    [atLeast(1.1), 1.066, 'missed'],
    [atMost(1), 1, 'reached'],
    [atMost(1), 0.4, 'reached'],
    [atMost(1), 1.029, 'noise'],
    [atMost(1), 1.031, 'missed'],
    [atMost(1), Number.NaN, 'unknown'],
    [atLeast(1), Number.NaN, 'unknown'],
  ] as const) {
    assert.equal(verdictOf(bar, ratio), verdict, `${JSON.stringify(bar)} at ${ratio}`)
  }
})

test('judge: each Node is compared with the peer on the same Node; what was not asked or has no peer is left out', () => {
  const results: Result[] = [
    {
      question: 'q',
      participants: [
        { peer: 'holdfast', node: '20', median: 300 },
        { peer: 'ws', node: '20', median: 100 },
        { peer: 'holdfast', node: '26', median: 300 },
        { peer: 'ws', node: '26', median: 200 },
        { peer: 'holdfast', node: '24', median: 300 },
        { peer: 'bun', node: null, median: 1 },
      ],
    },
  ]
  const bars = [atLeast(2), { question: 'other', against: 'ws', atLeast: 9 }]
  assert.deepEqual(
    judge(results, 'holdfast', bars).map(({ node, ratio, verdict }) => [node, ratio, verdict]),
    [
      ['20', 3, 'reached'],
      ['26', 1.5, 'missed'],
    ],
  )
})

test('judge: a peer that does not run on Node is compared with on every Node', () => {
  const participants = [
    { peer: 'holdfast', node: '20', median: 60 },
    { peer: 'holdfast', node: '26', median: 90 },
    { peer: 'bun', node: null, median: 100 },
  ]
  const bars = [{ question: 'q', against: 'bun', atLeast: 0.8 }]
  assert.deepEqual(
    judge([{ question: 'q', participants }], 'holdfast', bars).map(({ node, verdict }) => [node, verdict]),
    [
      ['20', 'missed'],
      ['26', 'reached'],
    ],
  )
})

test('judge: a peer without a single good run is unknown, not reached', () => {
  const participants = [
    { peer: 'holdfast', node: '20', median: 300 },
    { peer: 'ws', node: '20', median: null },
  ]
  assert.equal(judge([{ question: 'q', participants }], 'holdfast', [atLeast(2)])[0]?.verdict, 'unknown')
})

test('every bar names a question that exists', () => {
  const known = new Set(QUESTIONS.map((question) => question.id))
  for (const bar of BARS) assert.ok(known.has(bar.question), bar.question)
})

test('questionsFor: groups and single questions, once each; an unknown word is named', () => {
  assert.deepEqual(
    questionsFor(['churn', 'echo-64x16', 'churn']).map((question) => question.id),
    ['echo-64x16', 'churn'],
  )
  assert.throws(() => questionsFor(['chrun']), /no question "chrun"/)
})
