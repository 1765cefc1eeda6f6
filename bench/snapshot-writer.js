// Writes heap snapshots that no process has had: small ones, node by node, for tests; and one of any size, for the question
// whether it can be read at all. The format is V8's, as Node 24 writes it.
import { closeSync, openSync, writeSync } from 'node:fs'

const NODE_TYPES = [
  ...['hidden', 'array', 'string', 'object', 'code', 'closure', 'regexp', 'number', 'native', 'synthetic'],
  ...['concatenated string', 'sliced string', 'symbol', 'bigint', 'object shape'],
]
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak']
const NODE_FIELDS = ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness']
const BATCH_BYTES = 4 * 1024 * 1024

function head(nodeCount, edgeCount, nodeFields = NODE_FIELDS) {
  const meta = {
    node_fields: nodeFields,
    node_types: [NODE_TYPES, 'string', ...nodeFields.slice(2).map(() => 'number')],
    edge_fields: ['type', 'name_or_index', 'to_node'],
    edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
    trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
    trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
    sample_fields: ['timestamp_us', 'last_assigned_id'],
    location_fields: ['object_index', 'script_id', 'line', 'column'],
  }
  return JSON.stringify({ meta, node_count: nodeCount, edge_count: edgeCount, trace_function_count: 0 })
}

/**
 * The text of a snapshot of a few nodes.
 *
 * @param nodes each `[type, name, edges, more]`; an edge is `[type, name or index, index of a node]`; `more` may have `id`,
 * `self` and `location`
 * @param nodeFields when they are others than those of Node 24
 */
export function snapshotText(nodes, nodeFields = NODE_FIELDS) {
  const strings = ['']
  const indices = new Map([['', 0]])
  const string = (text) => {
    if (!indices.has(text)) indices.set(text, strings.push(text) - 1)
    return indices.get(text)
  }
  const width = nodeFields.length
  const edgeNumbers = []
  const locations = []
  const nodeNumbers = nodes.flatMap(([type, name, edges = [], more = {}], index) => {
    for (const [edgeType, edgeName, to] of edges) {
      const isIndex = edgeType === 'element' || edgeType === 'hidden'
      edgeNumbers.push(EDGE_TYPES.indexOf(edgeType), isIndex ? edgeName : string(edgeName), to * width)
    }
    if (more.location !== undefined) locations.push(index * width, ...more.location)
    const fields = { type: NODE_TYPES.indexOf(type), name: string(name), id: more.id ?? index * 2 + 1 }
    const row = { ...fields, self_size: more.self ?? 16, edge_count: edges.length }
    return nodeFields.map((field) => row[field] ?? 0)
  })
  return `{"snapshot":${head(nodes.length, edgeNumbers.length / 3, nodeFields)},
"nodes":[${nodeNumbers.join(',')}
],
"edges":[${edgeNumbers.join(',')}
],
"trace_function_infos":[
],
"trace_tree":[
],
"samples":[],
"locations":[${locations.join(',')}
],
"strings":[${strings.map((text) => JSON.stringify(text)).join(',\n')}]}`
}

/**
 * Writes a snapshot of about so many bytes: a `Map` in the variable `clients` that holds `Leaked` objects, each with a few
 * others of its own, and as many objects in an array that holds them rightly.
 *
 * @returns how many `Leaked` there are
 */
export function writeLargeSnapshot(path, bytes) {
  const names = [
    '',
    '(GC roots)',
    'system / Context',
    'Map',
    'Leaked',
    'Object',
    'Array',
    'table',
    'clients',
    'kept',
    'state',
  ]
  const at = Object.fromEntries(names.map((name, index) => [name, index]))
  // A group is four nodes and eight edges, and takes about so many bytes.
  const groups = Math.floor(bytes / 224)
  const leaked = Math.floor(groups / 20)
  const FIXED = 6
  const nodeCount = FIXED + groups * 4
  const edgeCount = 5 + groups * 8 + groups
  const file = openSync(path, 'w')
  let batch = ''
  const put = (text) => {
    batch += text
    if (batch.length < BATCH_BYTES) return
    writeSync(file, batch)
    batch = ''
  }
  let isFirst = true
  const row = (...numbers) => {
    put(isFirst ? numbers.join(',') : `\n,${numbers.join(',')}`)
    isFirst = false
  }
  const section = (text) => {
    put(text)
    isFirst = true
  }
  const node = (type, name, index, self, edges) => row(NODE_TYPES.indexOf(type), name, index * 2 + 1, self, edges, 0)
  const edge = (type, name, to) => row(EDGE_TYPES.indexOf(type), name, to * NODE_FIELDS.length)
  section(`{"snapshot":${head(nodeCount, edgeCount)},\n"nodes":[`)
  node('synthetic', at[''], 0, 0, 1)
  node('object', at['system / Context'], 1, 64, 2)
  node('object', at.Map, 2, 32, 1)
  node('array', at[''], 3, leaked * 24, leaked)
  node('object', at.Array, 4, 16, 1)
  node('array', at[''], 5, groups * 8, groups - leaked)
  const group = (index) => FIXED + index * 4
  for (let index = 0; index < groups; index++) {
    const first = group(index)
    node('object', index < leaked ? at.Leaked : at.Object, first, 48, 3)
    for (let part = 1; part < 4; part++) node('object', at.Object, first + part, 40, part === 1 ? 3 : 1)
  }
  section('],\n"edges":[')
  edge('shortcut', at[''], 1)
  edge('context', at.clients, 2)
  edge('context', at.kept, 4)
  edge('internal', at.table, 3)
  for (let index = 0; index < leaked; index++) edge('internal', at.state, group(index))
  edge('internal', at.table, 5)
  for (let index = leaked; index < groups; index++) edge('element', index, group(index))
  for (let index = 0; index < groups; index++) {
    const first = group(index)
    for (let part = 1; part < 4; part++) edge('property', at.state, first + part)
    for (let part = 1; part < 4; part++) edge('property', at.state, first + (part % 3) + 1)
    edge('property', at.state, first)
    edge('property', at.state, first)
  }
  put(`],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[],\n"strings":[`)
  put(`${names.map((name) => JSON.stringify(name)).join(',\n')}]}\n`)
  writeSync(file, batch)
  closeSync(file)
  return leaked
}
