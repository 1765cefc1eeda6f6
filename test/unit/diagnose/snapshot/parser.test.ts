import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { hashOf, WORD_BY_HASH, WORDS } from '../../../../src/diagnose/snapshot/words.ts'
import { parse, snapshotText, type WrittenNode } from './written.ts'

const NODES: readonly WrittenNode[] = [
  ['synthetic', '', [['element', 1, 1]]],
  [
    'object',
    'Map',
    [
      ['internal', 'table', 2],
      ['weak', 'gone', 1],
    ],
    { id: 77, self: 2 ** 33, location: [5, 12, 3] },
  ],
  ['string', 'a "quoted" \\ text, ünïcode 🎈 and\nlines'],
]
const TEXT = snapshotText(NODES)

/** Everything that can be asked of it. */
function shown(snapshot: Snapshot): unknown {
  return NODES.map((_, node) => ({
    name: snapshot.name(node),
    self: snapshot.selfBytes(node),
    id: snapshot.graph.nodeId[node],
    location: snapshot.location(node),
    edges: Array.from({ length: snapshot.graph.firstEdge[node + 1]! - snapshot.graph.firstEdge[node]! }, (_, index) => {
      const edge = snapshot.graph.firstEdge[node]! + index
      return [snapshot.edgeName(edge), snapshot.to(edge), snapshot.from(edge)]
    }),
  }))
}

const EXPECTED = [
  { name: '', self: 16, id: 1, location: null, edges: [['1', 1, 0]] },
  {
    name: 'Map',
    self: 2 ** 33,
    id: 77,
    location: { scriptId: 5, line: 12, column: 3 },
    edges: [
      ['table', 2, 1],
      ['gone', 1, 1],
    ],
  },
  { name: 'a "quoted" \\ text, ünïcode 🎈 and\nlines', self: 16, id: 5, location: null, edges: [] },
]

describe('the parser of snapshots', () => {
  test('reads what is there, in pieces of any size', () => {
    for (const bytes of [1, 2, 3, 7, 64, 1 << 20]) assert.deepEqual(shown(parse(TEXT, bytes)), EXPECTED, `${bytes}`)
  })

  test('takes the fields from the file itself', () => {
    const fields = ['detachedness', 'edge_count', 'self_size', 'trace_node_id', 'id', 'name', 'type']
    const text = snapshotText(NODES, fields).replace(/"node_types":\[(.*?\]),"string"/s, '"node_types":[$1,"string"')
    // The types stand where their field does.
    const [, types] = /"node_types":\[(\[.*?\])/.exec(text) ?? []
    const moved = text.replace(
      /"node_types":\[.*?\]\s*,("string".*?)\]/s,
      `"node_types":["n","n","n","n","n","string",${types}]`,
    )
    assert.deepEqual(shown(parse(moved)), EXPECTED)
  })

  test('passes over what it does not know, and what only profiles have', () => {
    const more = TEXT.replace('"samples":[]', '"samples":[1,2],"scopes":{"a":["]}",{"b":"\\""}]},"trace_tree2":[[[]]]')
    assert.deepEqual(shown(parse(more)), EXPECTED)
  })

  test('finds strings that are written with escapes', () => {
    const escaped = TEXT.replace('ünïcode', '\\u00FCn\\u00EFcode')
    const snapshot = parse(escaped)
    assert.equal(snapshot.find({ nodeName: EXPECTED[2]!.name }).length, 0, 'an emoji is written as it is here')
    assert.equal(snapshot.strings.indexOf('table') > 0, true)
    assert.equal(snapshot.name(2), EXPECTED[2]!.name)
  })

  test('a file that ends early is refused wherever it ends', () => {
    const bytes = Buffer.from(TEXT)
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length).toString('latin1')
      assert.throws(() => parse(cut), { code: 'HF_SNAPSHOT_INVALID' }, `cut off after ${length}`)
    }
  })

  const wrong: readonly [what: string, text: string, message: RegExp][] = [
    ['nothing', '', /the end of the file before anything else, at byte 0;/],
    ['no JSON', 'PK\u0003', /a file that begins with 'P', at byte 0;/],
    ['another JSON', '{"name":"holdfast","version":1}', /a file whose first key is "name", at byte 6;/],
    ['a list', '[1,2]', /a file that begins with '\['/],
    ['an empty object', '{}', /a file without "nodes"/],
    ['a head without meta', '{"snapshot":{"a":1}}', /a head without `snapshot` and `meta`/],
    ['a head that is no JSON', '{"snapshot":{"a":}}', /a head that is not JSON/],
    [
      'an edge between nodes',
      TEXT.replace(/("edges":\[\d+,\d+),6/, '$1,7'),
      /an edge to 7, where no node begins, in the edges/,
    ],
    ['an edge beyond all', TEXT.replace(/("edges":\[\d+,\d+),6/, '$1,60'), /an edge to 60, where no node begins/],
    ['a number that is none', TEXT.replace('"edges":[', '"edges":[-'), /'-' in the edges/],
    [
      'a name beyond 32 bits',
      TEXT.replace('"nodes":[9,0', '"nodes":[9,5000000000'),
      /5000000000, beyond 32 bits, in the nodes/,
    ],
    ['a type beyond all', TEXT.replace('"nodes":[9', '"nodes":[99'), /node type 99, of 15, in the nodes/],
    ['a string beyond all', TEXT.replace('"nodes":[9,0', '"nodes":[9,88'), /string 88, of 5/],
    ['one without a node', snapshotText([]), /a snapshot of 0 nodes, at byte/],
    [
      'a key that a terminal would obey',
      '{"\u001b]0;owned\u0007":1}',
      /a file whose first key is "\\x1b]0;owned\\x07"/,
    ],
    ['fewer rows', TEXT.replace('"node_count":3', '"node_count":4'), /3 rows, of 4, in the nodes/],
    [
      'more rows',
      TEXT.replace('"node_count":3', '"node_count":2'),
      /more than the 2 rows that its head says in the nodes/,
    ],
    ['fewer edges', TEXT.replace('"edge_count":3', '"edge_count":4'), /3 edges of nodes, of 4, in the nodes/],
    ['half a row', TEXT.replace('"edges":[', '"edges":[1,'), /an edge to|a last row of 1 numbers instead of 3/],
    ['something behind', `${TEXT}{`, /'\{' behind its end/],
    ['a part twice', TEXT.replace('"samples":[]', '"nodes":[]'), /"nodes" for the second time/],
  ]
  for (const [what, text, message] of wrong)
    test(`refuses ${what}`, () => assert.throws(() => parse(text), { code: 'HF_SNAPSHOT_INVALID', message }))

  test('a stream is read as a file is, and a signal ends it', async () => {
    const chunks = [Buffer.from(TEXT.slice(0, 50)), Buffer.from(TEXT.slice(50))]
    const progress: number[] = []
    const snapshot = await readSnapshot(chunks, { progress: (bytes) => progress.push(bytes) })
    assert.deepEqual(shown(snapshot), EXPECTED)
    assert.deepEqual(progress, [50, Buffer.byteLength(TEXT)])
    const reason = new Error('enough')
    await assert.rejects(readSnapshot(chunks, { signal: AbortSignal.abort(reason) }), reason)
  })
})

test('no two words have the same hash', () => {
  assert.equal(WORD_BY_HASH.size, Object.keys(WORDS).length)
  const collide = ['Aa', 'BB'].map((text) => [...Buffer.from(text)].reduce(hashOf, 0))
  assert.equal(collide[0], collide[1], 'control: others do')
  assert.ok(WORD_BY_HASH.size < 254)
})
